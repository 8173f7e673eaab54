import type { Actor } from "../platform/actor";
import { AppError } from "../platform/errors";

/** One scheduled delivery of a workshop. */
export interface Cohort {
  readonly cohortId: string;
  readonly workshopId: string;
  readonly workshopTitle: string;
  readonly name: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly homeworkUntil: Date;
  readonly capacity: number;
  readonly isDemo: boolean;
}

/** True for whoever teaches the cohort: its instructors, and admins everywhere. An attendee's account never does. */
export function mayInstruct(actor: Actor, enrollmentRole: "attendee" | "instructor" | undefined): boolean {
  if (actor.role === "admin") return true;
  return actor.role === "instructor" && enrollmentRole === "instructor";
}

/** The one answer for a cohort that does not exist and for one that the actor may not know about. */
export function cohortNotFound(): AppError {
  return new AppError("cohort.not-found", "no such cohort for this actor");
}
