import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../server/platform/clock";
import type { AppError } from "../../../server/platform/errors";
import { waitUntil } from "../../../server/platform/wait-until";
import type { LabProgressView } from "../../../server/protocol";
import { openClassroom, type Classroom } from "./classroom";

let room: Classroom;
beforeAll(async () => {
  room = await openClassroom();
});
afterAll(async () => {
  await room.dispose();
});
beforeEach(async () => {
  await room.database.prisma.labSession.deleteMany();
  await room.database.pool.query(`delete from "RateLimit"`);
  room.sandbox.files.clear();
  room.sandbox.isReachable = true;
});

const address = () => ({ cohortId: room.cohortId, labId: "writing" });
const RIGHT = "I think the answer is 42.";

async function open() {
  const api = room.caller(room.attendee);
  const { labSessionId } = await api.lab(address());
  const press = (stepId: string) => api.runChecks({ labSessionId, stepId });
  return { api, labSessionId, press };
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    (error: unknown) => ((error as Error).cause as AppError).code,
  );

describe("pressing the button", () => {
  it("records what failed and what passed, and ends the lab with its last step", async () => {
    const { api, press } = await open();
    expect(await press("first")).toMatchObject({ verdict: "failed", trigger: "attendee" });
    room.sandbox.files.set("~/first.txt", RIGHT);
    expect(await press("first")).toMatchObject({ verdict: "passed" });
    expect((await api.lab(address())).finishedAt).toBeNull();
    room.sandbox.files.set("~/second.txt", RIGHT);
    expect(await press("second")).toMatchObject({ verdict: "passed" });
    const view = await api.lab(address());
    expect(view.finishedAt).toBeInstanceOf(Date);
    expect(view.steps.map(({ lastAttempt }) => lastAttempt?.verdict)).toEqual(["passed", "passed"]);
    expect(await room.readProgress([room.enrollmentId])).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          labId: "writing",
          stepId: "first",
          failedCount: 1,
          attemptCount: 2,
          lastVerdict: "passed",
        }),
      ]),
    );
  });

  it("lets a passed step stay passed", async () => {
    const { api, press } = await open();
    room.sandbox.files.set("~/first.txt", RIGHT);
    await press("first");
    const passedAt = (await api.lab(address())).steps[0]?.passedAt;
    room.sandbox.files.clear();
    expect(await press("first")).toMatchObject({ verdict: "failed" });
    expect((await api.lab(address())).steps[0]?.passedAt).toEqual(passedAt);
  });

  it("never counts our trouble against the attendee", async () => {
    const { press } = await open();
    room.sandbox.isReachable = false;
    expect(await press("first")).toMatchObject({ verdict: "errored" });
    expect(await room.readProgress([room.enrollmentId])).toMatchObject([{ failedCount: 0, attemptCount: 1 }]);
  });

  it("joins presses of the same step into one attempt", async () => {
    const { press } = await open();
    const attempts = await Promise.all([press("first"), press("first"), press("first")]);
    expect(new Set(attempts.map(({ attemptId }) => attemptId)).size).toBe(1);
    expect(await room.database.prisma.attempt.count()).toBe(1);
  });

  it("is refused when it is pressed without end", async () => {
    const { press } = await open();
    const codes: string[] = [];
    for (let turn = 0; turn < 7; turn += 1) codes.push(await codeOf(press("first")));
    expect(codes).toContain("request.rate-limited");
    expect(codes.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => "no error"));
  });

  it("keeps evidence that no database likes: NUL and halves of characters", async () => {
    const { press } = await open();
    room.sandbox.files.set("~/first.txt", `\u0000\\u0000 ${RIGHT}\u0000`);
    expect(await press("first")).toMatchObject({ verdict: "passed" });
    const row = await room.database.prisma.attempt.findFirstOrThrow();
    expect(JSON.stringify(row.checks)).toContain("\ufffd");
  });

  it("tells the board", async () => {
    const { press } = await open();
    const seen: unknown[] = [];
    const leave = room.events.subscribe((event) => seen.push(event));
    await press("first");
    leave();
    expect(seen).toContainEqual({
      kind: "progress.changed",
      enrollmentId: room.enrollmentId,
      labId: "writing",
    });
  });

  it("never rewrites an attempt", async () => {
    const { press } = await open();
    await press("first");
    await expect(room.database.prisma.attempt.updateMany({ data: { verdict: "passed" } })).rejects.toThrow(
      /append only/,
    );
  });
});

describe("what the attendee is told", () => {
  it("holds no expected answer, no evidence and no solution", async () => {
    const { api, press } = await open();
    room.sandbox.files.set("~/first.txt", "something else");
    await press("first");
    const text = JSON.stringify([await api.lab(address()), await room.readProgress([room.enrollmentId])]);
    expect(text).not.toContain("the answer is 42");
    expect(text).not.toContain("something else");
    expect(text).not.toContain("evidence");
  });

  it("unfolds hints one at a time and the solution when it is asked for", async () => {
    const { api, labSessionId } = await open();
    const step = { labSessionId, stepId: "first" };
    expect(await api.revealHint(step)).toEqual({ hints: ["<p>one</p>"] });
    expect(await api.revealHint(step)).toEqual({ hints: ["<p>one</p>", "<p>two</p>"] });
    expect(await api.revealHint(step)).toEqual({ hints: ["<p>one</p>", "<p>two</p>"] });
    expect((await api.lab(address())).steps[0]).toMatchObject({
      hints: { length: 2 },
      hintTotal: 2,
      solution: null,
    });
    expect(await api.revealSolution(step)).toEqual({ solution: "echo the answer is 42" });
    expect((await api.lab(address())).steps[0]?.solution).toBe("echo the answer is 42");
  });

  it("is one lab session however many tabs open the lab at once", async () => {
    const api = room.caller(room.attendee);
    const views = await Promise.all(Array.from({ length: 8 }, () => api.lab(address())));
    expect(new Set(views.map(({ labSessionId }) => labSessionId)).size).toBe(1);
  });
});

describe("somebody else's lab session", () => {
  it("is answered like one that does not exist", async () => {
    const { labSessionId } = await open();
    const absent = "00000000-0000-4000-8000-00000000dead";
    for (const actor of [room.neighbour, room.outsider]) {
      const api = room.caller(actor);
      const calls = [api.runChecks, api.openStep, api.revealHint, api.revealSolution];
      for (const call of calls) {
        expect(await codeOf(call({ labSessionId, stepId: "first" }))).toBe("lab.not-found");
        expect(await codeOf(call({ labSessionId: absent, stepId: "first" }))).toBe("lab.not-found");
      }
    }
    expect(await codeOf(room.caller(room.outsider).lab(address()))).toBe("cohort.not-found");
    expect(await codeOf(room.caller(room.attendee).lab({ ...address(), labId: "other" }))).toBe(
      "lab.not-found",
    );
  });
});

describe("while the lab is watched", () => {
  it("prepares the sandbox, ticks steps off by themselves, and stops with the last watcher", async () => {
    const { api } = await open();
    const views: LabProgressView[] = [];
    const watching = await api.watchLab(address());
    const iterator = watching[Symbol.asyncIterator]();
    const reading = (async () => {
      for (;;) {
        const next = await iterator.next();
        if (next.done === true) return;
        views.push(next.value);
      }
    })();
    const until = (subject: string, isTrue: () => boolean) =>
      waitUntil(subject, isTrue, { timeoutMs: 15_000, clock: systemClock });
    await until("the lab's files are there", () => room.sandbox.files.get("~/start.txt") === "begin here");
    room.sandbox.files.set("~/start.txt", "edited");
    room.sandbox.files.set("~/first.txt", RIGHT);
    await until("the first step ticks itself off", () => views.at(-1)?.steps[0]?.passedAt instanceof Date);
    expect(views.at(-1)?.steps[0]?.lastAttempt?.trigger).toBe("automatic");
    room.sandbox.files.set("~/second.txt", RIGHT);
    await until("the lab is finished", () => views.at(-1)?.finishedAt instanceof Date);
    expect(room.sandbox.files.get("~/start.txt")).toBe("edited");
    expect(await room.database.prisma.attempt.count()).toBe(2);
    void iterator.return?.();
    await room.grading.stop();
    const before = room.sandbox.readCount;
    await room.events.publish({ kind: "sandbox.changed", sandboxId: "any", enrollmentId: room.enrollmentId });
    await Promise.race([reading, new Promise((resolve) => setImmediate(resolve))]);
    expect(room.sandbox.readCount).toBe(before);
  });
});
