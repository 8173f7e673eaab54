import type { Clock } from "../platform/clock";
import { AppError } from "../platform/errors";
import type { CohortStore } from "./cohort-store";
import { makeJoinCode } from "./join-code";

/** Gives the cohort a new join code and ends the ones before; resolves the code in its stored form. */
export type IssueJoinCode = (cohortId: string, expiresAt: Date) => Promise<string>;

/** Two codes meet once in 10^11 times; three tries in a row mean that the randomness is broken. */
const TRIES_MAX = 3;

export const issueJoinCode =
  (deps: { readonly cohorts: Pick<CohortStore, "replaceJoinCode">; readonly clock: Clock }): IssueJoinCode =>
  async (cohortId, expiresAt) => {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const code = makeJoinCode();
      const now = new Date(deps.clock.nowMs());
      if (await deps.cohorts.replaceJoinCode({ cohortId, code, expiresAt, now })) return code;
    }
    throw new AppError("internal.unexpected", `${TRIES_MAX} random join codes were taken`);
  };
