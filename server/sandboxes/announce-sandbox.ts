import type { EventBus } from "../platform/events";
import type { SandboxRow } from "./sandbox-row";

/** Tells whoever watches that `row` changed, and whoever waits that places may have moved. */
export async function announce(
  { events }: { readonly events: EventBus },
  row: Pick<SandboxRow, "id" | "enrollmentId">,
): Promise<void> {
  await events.publish({ kind: "sandbox.changed", sandboxId: row.id, enrollmentId: row.enrollmentId });
  await events.publish({ kind: "queue.changed" });
}
