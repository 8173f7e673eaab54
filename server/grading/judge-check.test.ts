import { describe, expect, it } from "vitest";
import { checkSchema, type Check } from "../labs/check";
import { CONTAINER_ROWS } from "../../tests/support/judging/container-rows";
import { http, file } from "../../tests/support/judging/evidence";
import { KUBERNETES_ROWS } from "../../tests/support/judging/kubernetes-rows";
import { OTHER_ROWS } from "../../tests/support/judging/other-rows";
import { READINESS_ROWS } from "../../tests/support/judging/readiness-rows";
import type { Collected, Evidence, Trouble } from "./evidence";
import { TROUBLE_SENTENCES } from "./evidence";
import { judgeCheck, judgeOnce } from "./judge-check";

const check = (fields: Record<string, unknown>): Check =>
  checkSchema.parse({ id: "it", title: "It is so", ...fields });

const ok = (evidence: Evidence): Collected => ({ ok: true, evidence });

const rows = [...CONTAINER_ROWS, ...OTHER_ROWS, ...KUBERNETES_ROWS, ...READINESS_ROWS];
const web = { kind: "container", name: "web", state: "running" };

describe("a judge", () => {
  it.each(rows)("says $verdict of $name", (row) => {
    const judged = check({
      ...row.check,
      hints: row.reason === undefined ? [] : [{ when: row.reason, say: "Try." }],
    });
    const result = judgeCheck(judged, ok(row.evidence));
    expect(result.verdict).toBe(row.verdict);
    expect(result.seen).toBe(row.seen);
    expect(result.hint).toBe(row.reason === undefined ? null : "Try.");
    if (row.expected !== undefined) expect(result.expected).toBe(row.expected);
    expect(judgeCheck(judged, ok(row.evidence))).toEqual(result);
  });

  it.each(rows.filter(({ derived }) => derived !== undefined))("advises on $name by itself", (row) => {
    expect(judgeCheck(check(row.check), ok(row.evidence)).hint).toBe(row.derived);
    const secret = check({ ...row.check, secret: true, expected: "What the page asks." });
    expect(judgeCheck(secret, ok(row.evidence)).hint).toBeNull();
  });

  it.each(rows.filter(({ isFinal }) => isFinal !== undefined))("knows whether to wait for $name", (row) => {
    expect(judgeOnce(check(row.check), ok(row.evidence)).isFinal).toBe(row.isFinal);
  });

  it.each(rows)("keeps the secret of $name", (row) => {
    const secret = check({ ...row.check, secret: true, expected: "What the page asks." });
    const result = judgeCheck(secret, ok(row.evidence));
    expect(result.verdict).toBe(row.verdict);
    expect(result.expected).toBe("What the page asks.");
    expect(["That is so.", "That is not so yet."]).toContain(result.seen);
  });

  it.each(Object.keys(TROUBLE_SENTENCES) as Trouble[])("never blames the attendee for %s", (trouble) => {
    for (const row of rows) {
      const result = judgeCheck(check(row.check), { ok: false, trouble });
      expect(result).toMatchObject({ verdict: "errored", seen: TROUBLE_SENTENCES[trouble], hint: null });
    }
  });

  it("errs rather than guesses on evidence of another kind", () => {
    expect(judgeCheck(check(web), ok(http(null))).verdict).toBe("errored");
  });

  it("is not held up by a pattern that never decides", () => {
    const slow = check({ kind: "file", path: "~/a", matches: "^(a+)+$" });
    const startedAtMs = performance.now();
    expect(judgeCheck(slow, ok(file(`${"a".repeat(50_000)}!`))).verdict).toBe("failed");
    expect(performance.now() - startedAtMs).toBeLessThan(1_000);
  });
});
