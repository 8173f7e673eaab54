import { expect, it } from "vitest";
import { capEvidence, verdictOf, type CheckResult, type Verdict } from "./attempt";

const result = (verdict: Verdict, evidence: unknown = {}): CheckResult => ({
  checkId: "a",
  title: "A",
  verdict,
  expected: "",
  seen: "",
  hint: null,
  evidence,
});

it.each<[Verdict[], Verdict]>([
  [["passed", "passed"], "passed"],
  [["passed", "failed", "errored"], "failed"],
  [["passed", "errored"], "errored"],
])("makes of %j a step that %s", (verdicts, verdict) => {
  expect(verdictOf(verdicts.map((each) => result(each)))).toBe(verdict);
});

it("keeps evidence within 64 KiB, whatever is in it", () => {
  const huge = [result("passed", { text: "\u0001😀".repeat(50_000) }), result("failed", { small: true })];
  const capped = capEvidence(huge);
  expect(Buffer.byteLength(JSON.stringify(capped.map(({ evidence }) => evidence)))).toBeLessThan(64 * 1024);
  expect(capped[1]?.evidence).toEqual({ small: true });
});
