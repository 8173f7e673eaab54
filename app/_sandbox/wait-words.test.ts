import { describe, expect, it } from "vitest";
import type { SandboxView } from "@/server/protocol/views";
import { lossesOf } from "./losses";
import { mayReset, profileNotice } from "./profile-words";
import { wordsOfWait } from "./wait-words";

const DOCKER = { profile: "docker", wantedProfile: "docker", wantedState: "ready" } as const;
const KUBERNETES = { ...DOCKER, profile: "kubernetes", wantedProfile: "kubernetes" } as const;
const SINCE_MS = 1_000_000;

function starting(over: Partial<Extract<SandboxView, { state: "starting" }>> = {}): SandboxView {
  return { state: "starting", what: "create", sinceMs: SINCE_MS, usualSeconds: 10, ...KUBERNETES, ...over };
}

const after = (seconds: number): number => SINCE_MS + seconds * 1_000;

describe("the words of a wait", () => {
  it("say what happens for each kind of start", () => {
    const titles = (["create", "wake", "reset", "replace", "change"] as const).map(
      (what) => wordsOfWait(starting({ what }), after(1)).title,
    );
    expect(titles).toEqual([
      "Starting your sandbox",
      "Waking your sandbox",
      "Resetting your sandbox",
      "Making you a new sandbox",
      "Changing your sandbox",
    ]);
  });

  it("promise the cluster only where there is one", () => {
    expect(wordsOfWait(starting({ what: "wake" }), after(1)).text).toContain("cluster");
    expect(wordsOfWait(starting({ what: "wake", ...DOCKER }), after(1)).text).not.toContain("cluster");
    expect(wordsOfWait(starting({ what: "reset", ...DOCKER }), after(1)).text).not.toContain("cluster");
  });

  it("move with the measured time, and never look done before it is", () => {
    expect(wordsOfWait(starting(), after(5))).toMatchObject({ progress: 0.5, clock: "5 s · usually 10 s" });
    expect(wordsOfWait(starting(), after(12)).progress).toBeLessThan(1);
  });

  it("say so when it takes longer than usual, and stop claiming progress", () => {
    const late = wordsOfWait(starting(), after(16));
    expect(late.progress).toBeNull();
    expect(late.text).toContain("this time it is longer");
  });

  it("promise no time that was not measured", () => {
    expect(wordsOfWait(starting({ usualSeconds: null }), after(3))).toMatchObject({
      progress: null,
      clock: null,
    });
  });

  it("hold with a reader's clock that is behind", () => {
    expect(wordsOfWait(starting(), SINCE_MS - 60_000)).toMatchObject({
      progress: 0,
      clock: "0 s · usually 10 s",
    });
  });

  it("offer what can be done, and nothing else", () => {
    const failed = { state: "failed", message: "It broke.", isRetrying: false, mayReset: true } as const;
    const actionsOf = (sandbox: SandboxView) => wordsOfWait(sandbox, after(0)).actions;
    expect(actionsOf({ state: "asleep", sandboxId: "a", ...DOCKER })).toEqual(["wake"]);
    expect(actionsOf(failed)).toEqual(["retry", "reset", "replace"]);
    expect(actionsOf({ ...failed, isRetrying: true })).toEqual(["reset", "replace"]);
    expect(actionsOf({ ...failed, mayReset: false })).toEqual(["retry"]);
    expect(actionsOf({ ...failed, isRetrying: true, mayReset: false })).toEqual([]);
    expect(actionsOf(starting())).toEqual([]);
  });
});

describe("a sandbox that can do less than the lab at hand needs", () => {
  const ready = (over: object): SandboxView => ({
    ...{
      state: "ready",
      sandboxId: "a",
      leaseExpiresAt: new Date(0),
      usualSeconds: { reset: 4, replace: null, change: null },
      change: null,
    },
    ...DOCKER,
    wantedProfile: "kubernetes",
    ...over,
  });

  it("is offered a change only when there can be one", () => {
    const states = (["ready", "preparing", "unavailable"] as const).map((wantedState) =>
      profileNotice(ready({ wantedState })),
    );
    expect(states.map((notice) => notice?.offers)).toEqual(["change", null, null]);
  });

  it.each([
    ["at the lab that it is for", "kubernetes"],
    ["at another, for which it is enough", "docker"],
  ])(
    "says %s what a change waits for, that nothing happens until then, and that it can be taken back",
    (_, wantedProfile) => {
      const change = { to: "kubernetes", waitsFor: "memory" } as const;
      const notice = profileNotice(ready({ change, wantedProfile }));
      expect(notice).toMatchObject({ offers: "withdrawal" });
      expect(notice?.title).toContain("memory");
      expect(notice?.text).toContain("Until then yours stays as it is");
    },
  );

  it("is not spoken of when it can do enough, or more", () => {
    expect(profileNotice(ready({ profile: "kubernetes" }))).toBeUndefined();
    expect(profileNotice(ready({ profile: "kubernetes-multinode" }))).toBeUndefined();
    expect(profileNotice(starting())).toBeUndefined();
  });
});

describe("a reset and a replacement", () => {
  it("are offered only for a sandbox that is there", () => {
    expect(mayReset({ state: "asleep", sandboxId: "a", ...DOCKER })).toBe(true);
    expect(mayReset({ state: "failed", message: "", isRetrying: true, mayReset: false })).toBe(false);
    expect(mayReset(starting())).toBe(false);
  });

  it("count the home folder on one side, and never on both", () => {
    const sidesOf = (losses: ReturnType<typeof lossesOf>) =>
      [losses.gone, losses.stays].map(
        (lines) => lines.filter((line) => line.includes("/home/attendee")).length,
      );
    expect(sidesOf(lossesOf(true, "docker"))).toEqual([0, 1]);
    expect(sidesOf(lossesOf(false, "docker"))).toEqual([1, 0]);
    expect(sidesOf(lossesOf(false, "kubernetes"))).toEqual([1, 0]);
  });
});
