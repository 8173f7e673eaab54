import type { createAccountsRouter } from "./accounts/router";
import type { createCohortsRouter } from "./cohorts/router";
import type { createGradingRouter } from "./grading/router";
import { router } from "./platform/trpc";
import type { createSandboxesRouter } from "./sandboxes/router";
import type { createTerminalsRouter } from "./terminals/router";

/** The rooms' routers, one of each. */
export interface RoomRouters {
  readonly accounts: ReturnType<typeof createAccountsRouter>;
  readonly cohorts: ReturnType<typeof createCohortsRouter>;
  readonly grading: ReturnType<typeof createGradingRouter>;
  readonly sandboxes: ReturnType<typeof createSandboxesRouter>;
  readonly terminals: ReturnType<typeof createTerminalsRouter>;
}

/** The whole API. */
export function createAppRouter(rooms: RoomRouters) {
  return router({ ...rooms });
}

/** All that `app/` knows of the server. */
export type AppRouter = ReturnType<typeof createAppRouter>;
