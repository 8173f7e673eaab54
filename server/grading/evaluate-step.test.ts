import { describe, expect, it } from "vitest";
import { FakeClock } from "../../tests/support/fake-clock";
import { file } from "../../tests/support/judging/evidence";
import { checkSchema } from "../labs/check";
import type { SandboxId } from "../sandboxes/sandbox";
import { createEvaluateStep } from "./evaluate-step";
import type { Collected } from "./evidence";

const sandboxId = "sandbox" as SandboxId;
const signal = new AbortController().signal;
const isThere: Collected = { ok: true, evidence: file("") };
const isMissing: Collected = { ok: true, evidence: { kind: "file", file: { kind: "absent" } } };

const checkOf = (waitSeconds: number) =>
  checkSchema.parse({ id: "it", title: "It is so", kind: "file", path: "/home/attendee/it", waitSeconds });

/** A step with one check, in a sandbox in which the file appears at `appearsAtMs`; and when it was looked at. */
async function evaluate({ waitSeconds = 20, appearsAtMs = Infinity, mayWait = true }) {
  const clock = new FakeClock();
  const looksMs: number[] = [];
  const evaluateStep = createEvaluateStep({
    clock,
    takeSnapshot: () => ({
      collect: () => {
        looksMs.push(clock.nowMs());
        return Promise.resolve(clock.nowMs() >= appearsAtMs ? isThere : isMissing);
      },
      close: () => undefined,
    }),
  });
  const judged = evaluateStep({ step: { checks: [checkOf(waitSeconds)] }, sandboxId, mayWait, signal });
  const state = { isDone: false };
  void judged.then(() => (state.isDone = true));
  // The first look is under way before the clock moves.
  await clock.advance(0);
  while (!state.isDone) await clock.advance(50);
  return { looksMs, verdict: (await judged)[0]?.verdict };
}

describe("a step that waits", () => {
  it("looks soon at first, then less and less often, and once more at the very end", async () => {
    const { looksMs, verdict } = await evaluate({});
    expect(verdict).toBe("failed");
    expect(looksMs.slice(0, 4)).toEqual([0, 250, 500, 750]);
    expect(looksMs.length).toBeLessThan(25);
    expect(looksMs.at(-1)).toBe(20_000);
    const pausesMs = looksMs.slice(1).map((ms, index) => ms - (looksMs[index] ?? 0));
    expect(Math.max(...pausesMs)).toBeLessThanOrEqual(2_050);
  });

  it("ends as soon as it has seen what it waits for", async () => {
    const { looksMs, verdict } = await evaluate({ appearsAtMs: 1_000 });
    expect(verdict).toBe("passed");
    expect(looksMs.at(-1)).toBe(1_000);
  });

  it("looks once when it may not wait, or its author gave it no time", async () => {
    expect((await evaluate({ mayWait: false })).looksMs).toEqual([0]);
    expect((await evaluate({ waitSeconds: 0 })).looksMs).toEqual([0]);
  });
});
