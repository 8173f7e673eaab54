import type { SandboxView } from "../protocol";
import { estimateWaitMs, usualStartMs } from "./estimate-wait";
import type { ReconcilerState } from "./sandbox-reconciler";
import type { SandboxRow, SandboxStore } from "./sandbox-store";

export interface ReadSandboxViewDeps {
  readonly store: SandboxStore;
  readonly readState: () => Promise<ReconcilerState>;
  readonly nowMs: () => number;
}

/** Where the enrollment's sandbox is, in the reader's words. Never throws for a missing one: `none`. */
export function createReadSandboxView(deps: ReadSandboxViewDeps) {
  return async (enrollmentId: string): Promise<SandboxView> => {
    const row = await deps.store.readOfEnrollment(enrollmentId);
    if (row === undefined) return { state: "none" };
    if (row.phase === "requested") return readQueued(deps, row);
    if (row.phase === "provisioning" && row.failureMessage === null) return readStarting(deps, row);
    return viewOfSettled(row);
  };
}

/** The view of a row without its queue or timing; also what the board shows. */
export function stateOf(row: SandboxRow): SandboxView["state"] {
  if (row.phase === "requested") return "queued";
  if (row.phase === "provisioning") return row.failureMessage === null ? "starting" : "failed";
  if (isKept(row)) {
    if (row.unreachableSinceMs !== null) return "unreachable";
    return row.phase === "asleep" ? "asleep" : "ready";
  }
  return row.failureMessage === null ? "none" : "failed";
}

function isKept({ phase }: SandboxRow): boolean {
  return phase === "ready" || phase === "assigned" || phase === "asleep";
}

function viewOfSettled(row: SandboxRow): SandboxView {
  const state = stateOf(row);
  switch (state) {
    case "ready":
      return { state, sandboxId: row.id, leaseExpiresAt: new Date(row.leaseExpiresAtMs ?? 0) };
    case "asleep":
      return { state, sandboxId: row.id };
    case "unreachable":
      return { state, sandboxId: row.id, since: new Date(row.unreachableSinceMs ?? 0) };
    case "failed":
      return { state, message: row.failureMessage ?? "", isRetrying: row.phase === "provisioning" };
    case "none":
    case "queued":
    case "starting":
      return { state: "none" };
  }
}

async function readStarting(deps: ReadSandboxViewDeps, row: SandboxRow): Promise<SandboxView> {
  const usualMs = usualStartMs(await deps.store.readRecentStarts());
  const sinceMs = row.provisioningAtMs ?? deps.nowMs();
  return { state: "starting", sinceMs, usualSeconds: usualMs === null ? null : toSeconds(usualMs) };
}

async function readQueued(deps: ReadSandboxViewDeps, row: SandboxRow): Promise<SandboxView> {
  const [rows, recentStarts, state] = await Promise.all([
    deps.store.readUndestroyed(),
    deps.store.readRecentStarts(),
    deps.readState(),
  ]);
  const place =
    rows.filter((other) => other.phase === "requested" && other.requestedAtMs < row.requestedAtMs).length + 1;
  const holders = rows.filter((other) => other.phase !== "requested");
  const waitMs = estimateWaitMs({
    nowMs: deps.nowMs(),
    place,
    freePlaces: Math.max(state.capacity - holders.length, 0),
    createsMax: state.createsMax,
    leaseEndsMs: holders.flatMap((other) =>
      other.leaseExpiresAtMs === null ? [] : [other.leaseExpiresAtMs],
    ),
    recentStarts,
  });
  const isShort = state.admissionBlock === "memory" || state.admissionBlock === "disk";
  // Nobody can tell when memory or disk will be free again.
  const etaSeconds = waitMs === null || isShort ? null : toSeconds(waitMs);
  return { state: "queued", place, etaSeconds, waitsFor: state.admissionBlock };
}

const toSeconds = (ms: number): number => Math.max(Math.round(ms / 1_000), 1);
