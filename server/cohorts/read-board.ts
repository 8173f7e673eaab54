import type { Actor } from "../platform/actor";
import type { Clock } from "../platform/clock";
import type { BoardView } from "../protocol/views";
import { planBoard, type PlannedColumn } from "./board";
import type { EnrollmentStore } from "./enrollment-store";
import type { FindTaughtCohort } from "./instruct-cohort";
import type { ReadCapacity, ReadProgress, ReadSandboxStates, WorkshopCatalog } from "./ports";

export interface ReadBoardDeps {
  readonly findTaughtCohort: FindTaughtCohort;
  readonly enrollments: Pick<EnrollmentStore, "listAttendees">;
  readonly catalog: WorkshopCatalog;
  readonly readProgress: ReadProgress;
  readonly readSandboxStates: ReadSandboxStates;
  readonly readCapacity: ReadCapacity;
  readonly clock: Clock;
}

export type ReadBoard = (actor: Actor, cohortId: string) => Promise<BoardView>;

/** What an author's step without a time is taken to need. */
const MINUTES_BY_DEFAULT = 5;

/** The whole room at one moment, by the same handful of queries for 3 attendees and for 300. @throws AppError `cohort.not-found` */
export const readBoard =
  (deps: ReadBoardDeps): ReadBoard =>
  async (actor, cohortId) => {
    const cohort = await deps.findTaughtCohort(actor, cohortId);
    const attendees = await deps.enrollments.listAttendees(cohortId);
    const enrollmentIds = attendees.map(({ enrollmentId }) => enrollmentId);
    const [progress, sandboxStates, sandboxes] = await Promise.all([
      deps.readProgress(enrollmentIds),
      deps.readSandboxStates(enrollmentIds),
      deps.readCapacity(cohort.workshopId),
    ]);
    const nowMs = deps.clock.nowMs();
    const columns = columnsOf(deps.catalog, cohort.workshopId);
    return {
      cohortId,
      cohortName: cohort.name,
      workshopTitle: cohort.workshopTitle,
      capacity: cohort.capacity,
      joinCode: cohort.liveCode?.code ?? null,
      joinCodeExpiresAt: cohort.liveCode?.expiresAt ?? null,
      columns: columns.map(({ labId, labTitle, stepId, stepTitle }) => ({
        labId,
        labTitle,
        stepId,
        stepTitle,
      })),
      attendees: planBoard({ nowMs, columns, attendees, progress, sandboxStates }),
      sandboxes,
      readAt: new Date(nowMs),
    };
  };

function columnsOf(catalog: WorkshopCatalog, workshopId: string): PlannedColumn[] {
  const workshop = catalog.workshops().find((candidate) => candidate.workshopId === workshopId);
  return (workshop?.labs ?? []).flatMap(({ labId, title: labTitle, steps }) =>
    steps.map(({ stepId, title: stepTitle, minutes = MINUTES_BY_DEFAULT }) => ({
      labId,
      labTitle,
      stepId,
      stepTitle,
      minutes,
    })),
  );
}
