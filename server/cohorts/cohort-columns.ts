import type { Cohort } from "./cohort";

/** The columns that `cohortOf` needs, for Prisma's `select`. */
export const COHORT_COLUMNS = {
  id: true,
  workshopId: true,
  workshop: { select: { title: true } },
  name: true,
  startsAt: true,
  endsAt: true,
  homeworkUntil: true,
  capacity: true,
  isDemo: true,
} as const;

/** A row of `COHORT_COLUMNS` as the room speaks of it. */
export function cohortOf(row: {
  id: string;
  workshopId: string;
  workshop: { title: string };
  name: string;
  startsAt: Date;
  endsAt: Date;
  homeworkUntil: Date;
  capacity: number;
  isDemo: boolean;
}): Cohort {
  const { id: cohortId, workshop, workshopId, name, startsAt, endsAt, homeworkUntil, capacity, isDemo } = row;
  return {
    cohortId,
    workshopId,
    workshopTitle: workshop.title,
    name,
    startsAt,
    endsAt,
    homeworkUntil,
    capacity,
    isDemo,
  };
}
