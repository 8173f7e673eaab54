import type { ProgressStore, StepProgressRecord } from "./progress-store";

/** Where each of `enrollmentIds` is with every step they have touched, in no particular order. Untouched steps have no record. */
export type ReadProgress = (enrollmentIds: readonly string[]) => Promise<readonly StepProgressRecord[]>;

export const createReadProgress =
  ({ store }: { readonly store: Pick<ProgressStore, "readByEnrollments"> }): ReadProgress =>
  (enrollmentIds) =>
    enrollmentIds.length === 0 ? Promise.resolve([]) : store.readByEnrollments(enrollmentIds);
