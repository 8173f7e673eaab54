import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EngineApi, toDriverError, unlessRefused } from "./engine-api";

describe("EngineApi", () => {
  let folder: string;
  let server: Server;
  let engine: EngineApi;
  let answer: (response: { writeHead(code: number): { end(body: string): void } }) => void;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "slipway-api-"));
    const socket = path.join(folder, "engine.sock");
    server = createServer((_, response) => {
      answer(response);
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    engine = new EngineApi(`unix://${socket}`);
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("does not wait for an engine that hangs", async () => {
    answer = () => undefined;
    const call = engine.call("ping", (docker) => docker.ping(), { timeoutMs: 50 });
    await expect(call).rejects.toMatchObject({ code: "driver.unreachable" });
  });

  it("says driver.unreachable when there is no engine", async () => {
    const nobody = new EngineApi(`unix://${folder}/nobody.sock`);
    await expect(nobody.call("ping", (docker) => docker.ping())).rejects.toMatchObject({
      code: "driver.unreachable",
    });
  });

  it("stops waiting when the caller does", async () => {
    answer = () => undefined;
    const abort = new AbortController();
    const call = engine.call("ping", (docker) => docker.ping(), { signal: abort.signal });
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: "wait.aborted" });
  });

  it("takes an expected refusal for an answer, and no other", async () => {
    answer = (response) => {
      response.writeHead(404).end('{"message":"no such container"}');
    };
    const call = () => engine.call("inspect", (docker) => docker.getContainer("x").inspect());
    expect(await unlessRefused([404], call())).toBeUndefined();
    await expect(unlessRefused([409], call())).rejects.toMatchObject({ statusCode: 404 });
  });

  it("tells a full disk from other refusals", () => {
    expect(toDriverError(new Error("write: no space left on device"), "sandbox.start-failed").code).toBe(
      "sandbox.disk-exhausted",
    );
    expect(toDriverError(new Error("something else"), "sandbox.start-failed").code).toBe(
      "sandbox.start-failed",
    );
  });
});
