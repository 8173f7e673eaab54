/** Whoever is making this request, as proven by the auth session's cookie. */
export interface Actor {
  readonly accountId: string;
  readonly role: "attendee" | "instructor" | "admin";
}

/** What an actor is in one cohort. */
export interface EnrollmentGrant {
  readonly enrollmentId: string;
  readonly role: "attendee" | "instructor";
}

/**
 * Which enrollment an actor acts through. Implemented by the cohorts room, handed to the rooms below it by wiring.
 * Resolves `undefined` when the actor has none: the answer to the caller is then `cohort.not-found`, as for a missing cohort.
 */
export type FindEnrollment = (actor: Actor, cohortId: string) => Promise<EnrollmentGrant | undefined>;
