import type Docker from "dockerode";
import type { Clock } from "../../../platform/clock";
import { unlessRefused, type EngineApi } from "./engine-api";
import { LABELS, roleLabels, type Role } from "./labels";

type HelperRole = Extract<Role, "host-probe" | "volume-helper">;

export interface HelperRun {
  readonly engine: EngineApi;
  readonly installationId: string;
  readonly role: HelperRole;
  /** Image, program and rights. */
  readonly container: Docker.ContainerCreateOptions;
  /** How long it may run, at most `HELPER_MS_MAX`. */
  readonly timeoutMs: number;
}

export interface HelperOutcome {
  readonly exitCode: number;
  /** The end of what it wrote. */
  readonly said: string;
}

/** No helper runs longer. */
export const HELPER_MS_MAX = 5 * 60_000;
/** Between a helper's end and its removal by whoever runs it there are milliseconds. */
const ENDED_MS_MAX = 30_000;
const ROLES: readonly HelperRole[] = ["host-probe", "volume-helper"];
const SAID_CHARACTERS_MAX = 4_000;

/**
 * Runs a short-lived container to its end and removes it: work on the engine's host, wherever this server is.
 *
 * @throws AppError `driver.unreachable` when it takes longer than it may
 */
export async function runHelper(run: HelperRun): Promise<HelperOutcome> {
  const { engine, installationId, role, timeoutMs } = run;
  const Labels = roleLabels(installationId, role);
  const container = await engine.call(`create ${role}`, (docker) =>
    docker.createContainer({ ...run.container, Labels }),
  );
  try {
    await engine.call(`start ${role}`, () => container.start());
    const waited = engine.call(`run ${role}`, () => container.wait(), { timeoutMs });
    const { StatusCode } = (await waited) as { StatusCode: number };
    const said = await engine.call(`read ${role}`, () => container.logs({ stdout: true, stderr: true }));
    return { exitCode: StatusCode, said: plainText(said).slice(-SAID_CHARACTERS_MAX) };
  } finally {
    const remove = engine.call(`remove ${role}`, () => container.remove({ force: true, v: true }));
    await unlessRefused([404, 409], remove).catch(() => undefined);
  }
}

/** Removes what servers that were killed have left of the installation's helpers; those at work stay. */
export async function sweepHelpers({
  engine,
  installationId,
  clock,
}: Pick<HelperRun, "engine" | "installationId"> & { readonly clock: Clock }): Promise<void> {
  const filters = { label: [`${LABELS.installation}=${installationId}`] };
  const found = await engine.call("list helpers", (docker) => docker.listContainers({ all: true, filters }));
  const left = found.filter(({ Labels, State, Created }) => {
    const isHelper = ROLES.some((role) => Labels[LABELS.role] === role);
    const ageMsMax = State === "running" ? HELPER_MS_MAX : ENDED_MS_MAX;
    return isHelper && clock.nowMs() - Created * 1_000 > ageMsMax;
  });
  for (const { Id } of left) {
    const remove = engine.call("remove helper", (docker) =>
      docker.getContainer(Id).remove({ force: true, v: true }),
    );
    await unlessRefused([404, 409], remove);
  }
}

/** The engine frames each piece of a log with 8 bytes. */
function plainText(log: Buffer): string {
  const pieces: string[] = [];
  for (let at = 0; at + 8 <= log.length;) {
    const end = at + 8 + log.readUInt32BE(at + 4);
    pieces.push(log.subarray(at + 8, end).toString());
    at = end;
  }
  return pieces.join("");
}
