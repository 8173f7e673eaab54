import type { SandboxId } from "../../sandbox";

/** Label keys on everything that this driver makes in an engine. Things are selected by these, never by name. */
export const LABELS = {
  /** Whose it is: several installations may share an engine. */
  installation: "dev.slipway.installation",
  sandboxId: "dev.slipway.sandbox-id",
  createdAt: "dev.slipway.created-at",
  /** What it is: a `Role`. */
  role: "dev.slipway.role",
  /** Raised when the meaning of the others changes. */
  schema: "dev.slipway.schema",
} as const;

const SCHEMA = "1";

export type Role = "sandbox" | "class-registry" | "host-probe" | "volume-helper" | "template";

/** The labels of one thing that belongs to a sandbox. */
export function sandboxLabels(
  installationId: string,
  id: SandboxId,
  createdAtMs: number,
): Record<string, string> {
  return {
    ...roleLabels(installationId, "sandbox"),
    [LABELS.sandboxId]: id,
    [LABELS.createdAt]: String(createdAtMs),
  };
}

/** The labels of one thing that serves the whole installation. */
export function roleLabels(installationId: string, role: Role): Record<string, string> {
  return { [LABELS.installation]: installationId, [LABELS.role]: role, [LABELS.schema]: SCHEMA };
}

/** The engine's filter for everything of this installation, or of one sandbox in it. */
export function labelFilter(installationId: string, id?: SandboxId): { label: string[] } {
  const ofRole = [`${LABELS.installation}=${installationId}`, `${LABELS.role}=sandbox`];
  return { label: id === undefined ? ofRole : [...ofRole, `${LABELS.sandboxId}=${id}`] };
}

/** What the labels say about the sandbox that a thing belongs to; undefined when they are not ours. */
export function readSandboxLabels(
  labels: Readonly<Record<string, string | undefined>> | null | undefined,
): { readonly id: SandboxId; readonly createdAtMs: number } | undefined {
  const id = labels?.[LABELS.sandboxId];
  const createdAtMs = Number(labels?.[LABELS.createdAt]);
  return id === undefined || !Number.isFinite(createdAtMs) ? undefined : { id: id as SandboxId, createdAtMs };
}
