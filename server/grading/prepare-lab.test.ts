import { describe, expect, it } from "vitest";
import { silentLogger } from "../../tests/support/silent-logger";
import type { SandboxId } from "../sandboxes/sandbox";
import type { CommandRequest, SandboxAgent } from "../sandboxes/sandbox-agent";
import { createPrepareLab } from "./prepare-lab";

const sandboxId = "00000000-0000-4000-8000-000000000001" as SandboxId;
const never = new AbortController().signal;
const MARKER = "~/.slipway/prepared/visits";

/** A sandbox of files and of scripts that end as they are told to. */
function sandboxOf(files: Record<string, string> = {}) {
  const state = {
    files: new Map(Object.entries(files)),
    scripts: [] as CommandRequest[],
    exitCode: 0 as number | null,
  };
  const agent: Pick<SandboxAgent, "readFile" | "writeFile" | "runCommand"> = {
    readFile: async (_, { path }) => {
      const text = state.files.get(path);
      if (text === undefined) return { kind: "absent" };
      const bytes = Buffer.from(text);
      return { kind: "file", bytes, sizeBytes: bytes.length, isTruncated: false, mode: 0o644 };
    },
    writeFile: async (_, { path, bytes, mode }) => {
      state.files.set(path, `${bytes.toString()}${mode === 0o755 ? "+x" : ""}`);
    },
    runCommand: async (_, command) => {
      state.scripts.push(command);
      return { exitCode: state.exitCode, stdout: "", stderr: "" };
    },
  };
  return { state, prepare: createPrepareLab({ agent, log: silentLogger() }) };
}

const lab = {
  labId: "visits",
  setupFiles: [
    { path: "visits/app.py", bytes: Buffer.from("app"), mode: 0o644 },
    { path: "visits/run", bytes: Buffer.from("run"), mode: 0o755 },
  ],
  setupScript: "mkdir -p ~/work",
};

describe("preparing a lab", () => {
  it("puts its files into the home, runs its script as the attendee, and remembers", async () => {
    const { state, prepare } = sandboxOf();
    await prepare({ lab, sandboxId }, never);
    expect([...state.files.keys()]).toEqual(["~/visits/app.py", "~/visits/run", MARKER]);
    expect(state.files.get("~/visits/run")).toBe("run+x");
    expect(state.scripts).toMatchObject([{ script: "mkdir -p ~/work", user: "attendee" }]);
  });

  it("does nothing the second time, whatever the attendee deleted", async () => {
    const { state, prepare } = sandboxOf();
    await prepare({ lab, sandboxId }, never);
    state.files.delete("~/visits/app.py");
    await prepare({ lab, sandboxId }, never);
    expect(state.files.has("~/visits/app.py")).toBe(false);
    expect(state.scripts).toHaveLength(1);
  });

  it("leaves a file of the attendee's own as it is", async () => {
    const { state, prepare } = sandboxOf({ "~/visits/app.py": "mine" });
    await prepare({ lab, sandboxId }, never);
    expect(state.files.get("~/visits/app.py")).toBe("mine");
  });

  it.each([
    [1, "ended with 1"],
    [null, "did not end"],
  ])("is done again after a script with exit code %s", async (exitCode, ending) => {
    const { state, prepare } = sandboxOf();
    state.exitCode = exitCode;
    await expect(prepare({ lab, sandboxId }, never)).rejects.toMatchObject({
      code: "sandbox.start-failed",
      message: expect.stringContaining(ending) as string,
    });
    expect(state.files.has(MARKER)).toBe(false);
    state.exitCode = 0;
    await prepare({ lab, sandboxId }, never);
    expect(state.scripts).toHaveLength(2);
    expect(state.files.has(MARKER)).toBe(true);
  });

  it("touches nothing for a lab that brings nothing", async () => {
    const { state, prepare } = sandboxOf();
    await prepare({ lab: { labId: "bare", setupFiles: [], setupScript: null }, sandboxId }, never);
    expect(state.files.size).toBe(0);
  });
});
