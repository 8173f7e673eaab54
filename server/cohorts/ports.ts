import type { BoardView, SandboxView } from "../protocol/views";

/** What this room asks of the catalog. */
export interface WorkshopCatalog {
  workshops(): readonly CatalogWorkshop[];
}

export interface CatalogWorkshop {
  readonly workshopId: string;
  readonly title: string;
  readonly labs: readonly {
    readonly labId: string;
    readonly title: string;
    readonly minutes: number;
    readonly steps: readonly { readonly stepId: string; readonly title: string; readonly minutes?: number }[];
  }[];
}

/** One enrollment at one step; untouched steps have none. */
export interface ProgressRecord {
  readonly enrollmentId: string;
  readonly labId: string;
  readonly stepId: string;
  readonly openedAt: Date;
  readonly passedAt: Date | null;
  readonly failedCount: number;
  readonly attemptCount: number;
  readonly lastVerdict: "passed" | "failed" | "errored" | null;
  readonly lastAttemptAt: Date | null;
}

/** Progress of many enrollments by one query. */
export type ReadProgress = (enrollmentIds: readonly string[]) => Promise<readonly ProgressRecord[]>;

/** Sandbox states of many enrollments by one query; enrollments without a sandbox are absent. */
export type ReadSandboxStates = (
  enrollmentIds: readonly string[],
) => Promise<ReadonlyMap<string, SandboxView["state"]>>;

/** How full the sandbox host is, for a workshop. */
export type ReadCapacity = (workshopId: string) => Promise<BoardView["sandboxes"]>;
