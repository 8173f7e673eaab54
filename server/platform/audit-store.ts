import type { AuditTrail } from "./audit";
import type { Clock } from "./clock";
import type { Database } from "./database/database";
import type { Logger } from "./logger";

/** The audit trail in Postgres. */
export function createAuditTrail(deps: {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
}): AuditTrail {
  return {
    record: async ({ action, actorAccountId, subject, details = {} }) => {
      try {
        const at = new Date(deps.clock.nowMs());
        await deps.database.auditEntry.create({ data: { at, action, actorAccountId, subject, details } });
      } catch (error) {
        deps.log.error("audit.write-failed", { action, actorAccountId, subject, error });
      }
    },
  };
}
