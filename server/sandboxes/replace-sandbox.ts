import type { Actor } from "../platform/actor";
import type { AuditTrail } from "../platform/audit";
import {
  createRequestSandbox,
  claimOf,
  isLive,
  newRequest,
  welcome,
  type RequestSandboxDeps,
} from "./request-sandbox";

export interface ReplaceSandboxDeps extends RequestSandboxDeps {
  readonly audit: AuditTrail;
}

/**
 * Ends the enrollment's sandbox with everything in it and gives them another: a warm one at once, else a place in the queue. It is
 * of the profile that was asked for last. The two happen together or not at all. Whoever waits for one keeps their place; whoever has none asks for one.
 *
 * @throws AppError `enrollment.not-found`
 */
export const replaceSandbox = (deps: ReplaceSandboxDeps) => {
  const request = createRequestSandbox(deps);
  return async (actor: Actor, enrollmentId: string): Promise<void> => {
    const { store, audit, events } = deps;
    const row = await store.readOfEnrollment(enrollmentId);
    if (row === undefined || !isLive(row) || row.phase === "requested") return request(enrollmentId);
    const wanted = { ...(await newRequest(deps, enrollmentId, row.wantedProfile)), isReplacement: true };
    const claimed = await store.claimInstead(claimOf(deps, wanted), row.id);
    const isReplaced = claimed !== undefined || (await store.requestInstead(wanted, row.id));
    // Somebody else has replaced it in this moment.
    if (!isReplaced) return;
    await audit.record({
      action: "sandbox.replaced",
      actorAccountId: actor.accountId,
      subject: row.id,
      details: { enrollmentId },
    });
    if (claimed !== undefined) await welcome(deps, claimed);
    await events.publish({ kind: "sandbox.changed", sandboxId: row.id, enrollmentId });
    await events.publish({ kind: "queue.changed" });
  };
};
