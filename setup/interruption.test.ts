import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../server/platform/clock";
import { isProcessAlive } from "../server/platform/is-process-alive";
import { waitUntil } from "../server/platform/wait-until";
import { Interrupted, interruptible, onInterruption } from "./interruption";
import { runCommand } from "./run-command";

describe("interruptible", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "slipway-interruption-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A command with a child of its own, which says that it runs by writing the child's id. */
  const command = (name: string, options: { mustFinish?: boolean } = {}) => {
    const script = `sleep ${options.mustFinish === true ? "0.3" : "60"} & echo $! >${folder}/${name}; wait; echo ended`;
    return runCommand(["sh", "-c", script], { timeoutMs: 60_000, ...options });
  };
  const childOf = async (name: string): Promise<number> => {
    let pid = 0;
    const isThere = async (): Promise<boolean> => {
      pid = Number(await readFile(path.join(folder, name), "utf8").catch(() => "0"));
      return pid > 0;
    };
    await waitUntil(`${name} runs`, isThere, { timeoutMs: 5_000, clock: systemClock });
    return pid;
  };
  const interrupt = (signal: "SIGINT" | "SIGTERM"): void => void process.emit(signal, signal);

  it("answers as the work does, and leaves the signals to others afterwards", async () => {
    const before = process.listenerCount("SIGINT");
    expect(await interruptible(async () => 7)).toBe(7);
    await expect(interruptible(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(process.listenerCount("SIGINT")).toBe(before);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "at %s ends commands with all that they started, and is over with %i",
    async (signal, exitCode) => {
      const work = interruptible(() => command("long"));
      const over = expect(work).rejects.toMatchObject({ name: "Interrupted", exitCode });
      const pid = await childOf("long");
      interrupt(signal);
      await over;
      await waitUntil("the child is gone", () => !isProcessAlive(pid), {
        timeoutMs: 5_000,
        clock: systemClock,
      });
    },
  );

  it("waits for what must finish, and cleans up what is not over", async () => {
    const done: string[] = [];
    const work = interruptible(async () => {
      onInterruption(async () => void done.push("over"))();
      onInterruption(async () => void done.push("begun"));
      done.push(await command("install", { mustFinish: true }));
      await command("never");
    });
    const over = expect(work).rejects.toBeInstanceOf(Interrupted);
    await childOf("install");
    interrupt("SIGINT");
    await over;
    expect(done).toEqual(["ended\n", "begun"]);
  });
});
