import { randomUUID } from "node:crypto";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../server/platform/clock";
import { DEFAULT_DOCKER_HOST } from "../../server/platform/docker-host";
import { waitUntil } from "../../server/platform/wait-until";
import { LABELS } from "../../server/sandboxes/drivers/docker/labels";
import { bundleServer } from "../../setup/bundle-server";
import { dockerClient } from "../../setup/docker-client";
import { findFreePorts } from "../support/free-port";
import { openPrompt, runChecks, takeSeat, type Seat } from "../support/seat";
import { ToolContainer, type ToolOutcome } from "../support/tool-container";

const ROOT = path.resolve(import.meta.dirname, "../..");
const DOCKER_HOST = process.env["DOCKER_HOST"] ?? DEFAULT_DOCKER_HOST;
const SOCKET = DOCKER_HOST.startsWith("unix://") ? DOCKER_HOST.slice("unix://".length) : undefined;
const LAB = { labId: "first-containers", stepId: "hello" };
/** The server's image gets all of node_modules. */
const UP_MS_MAX = 240_000;
const within = { timeoutMs: 60_000, clock: systemClock };

if (SOCKET === undefined)
  process.stderr.write(`SKIPPED: docker compose wants a socket, not ${DOCKER_HOST}\n`);

/** What docker-compose.yml makes, brought up as the README says, by the Compose of the sandbox image. */
describe.skipIf(SOCKET === undefined)("docker compose", () => {
  const project = `slipway-test-${randomUUID().slice(0, 8)}`;
  const docker = dockerClient(DOCKER_HOST, within.timeoutMs);
  const postgres = ToolContainer.of(`${project}-postgres-1`);
  const server = ToolContainer.of(`${project}-server-1`);
  let settings: readonly string[];
  let url: string;
  let seat: Seat;

  const compose = async (...args: string[]): Promise<ToolOutcome> => {
    const container = await ToolContainer.start({
      image: "slipway/sandbox:current",
      name: `${project}-${randomUUID().slice(0, 8)}`,
      entrypoint: ["docker", "compose", "--project-directory", ROOT, "--project-name", project],
      cmd: args,
      env: settings,
      host: { NetworkMode: "host", Binds: [`${SOCKET ?? ""}:/var/run/docker.sock`, `${ROOT}:${ROOT}:ro`] },
    });
    try {
      return { exitCode: await container.wait(), output: await container.readLog() };
    } finally {
      await container.remove();
    }
  };
  const bringUp = async (): Promise<void> => {
    const { exitCode, output } = await compose("up", "--build", "--detach");
    expect(exitCode, output).toBe(0);
  };
  const untilReady = (): Promise<void> =>
    waitUntil("the server is ready", async () => (await fetch(`${url}/readyz`)).ok, within).catch(
      async (cause: unknown) => {
        throw new Error(`the server is not ready; it said: ${await server.readLog()}`, { cause });
      },
    );

  beforeAll(async () => {
    await bundleServer(ROOT);
    const [port = 0, postgresPort = 0] = await findFreePorts(2);
    settings = [`PORT=${port}`, `POSTGRES_PORT=${postgresPort}`, `DOCKER_SOCKET=${SOCKET ?? ""}`];
    url = `http://localhost:${port}`;
  });
  afterAll(async () => {
    const read = await server.run(["cat", "/data/installation.json"]).catch(() => undefined);
    await compose("down", "--volumes", "--rmi", "local");
    const { installationId = project } = JSON.parse(read?.output ?? "{}") as { installationId?: string };
    const filters = { label: [`${LABELS.installation}=${installationId}`] };
    for (const { Id } of await docker.listContainers({ all: true, filters }))
      await docker.getContainer(Id).remove({ force: true, v: true });
    for (const { Name } of (await docker.listVolumes({ filters })).Volumes)
      await docker.getVolume(Name).remove();
    for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove();
  }, UP_MS_MAX);

  it("makes the database although it was killed in the middle of that", { timeout: UP_MS_MAX }, async () => {
    const { exitCode, output } = await compose("up", "--build", "--no-start", "postgres");
    expect(exitCode, output).toBe(0);
    await postgres.start();
    const list = async (): Promise<string> => (await postgres.run(["ls", "/var/lib/postgresql/data"])).output;
    await waitUntil("the database is being made", async () => (await list()).includes("pgdata.new"), {
      ...within,
      pollMs: 10,
    });
    await postgres.kill();
    await postgres.start();
    await waitUntil("the database is made", async () => /^pgdata\s*$/.test(await list()), within);
  });

  it("gives an attendee a sandbox in which a check passes", { timeout: UP_MS_MAX }, async () => {
    await bringUp();
    await untilReady();
    const log = await server.readLog();
    expect(log).toMatch(new RegExp(`Instructor link +${url}/setup#`));
    const joinCode = /Join code +([A-Z0-9-]+)/.exec(log)?.[1] ?? "";
    seat = await takeSeat("Cora", { url, joinCode }, LAB);
    seat.terminal.type("docker run hello-world && echo ran-$?\n");
    await seat.terminal.waitFor(/Hello from Docker[\s\S]*ran-0/, within.timeoutMs);
    expect((await runChecks(seat)).verdict).toBe("passed");
  });

  it("has everybody and their sandboxes back after the server was killed", async () => {
    seat.terminal.type("touch mine\n");
    await server.kill();
    await bringUp();
    await untilReady();
    const terminal = await openPrompt(seat.attendee);
    terminal.type("ls\n");
    await terminal.waitFor(/mine/);
    expect((await runChecks(seat)).verdict).toBe("passed");
  });
});
