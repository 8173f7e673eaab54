export type AccountRole = "attendee" | "instructor" | "admin";

/** A person who can sign in, as other rooms may know them. */
export interface AccountSummary {
  readonly accountId: string;
  readonly displayName: string;
  readonly role: AccountRole;
}

/** What decides whether an auth session still counts. */
export interface AccountStanding {
  readonly role: AccountRole;
  /** Auth sessions that began before this instant (epoch ms) are over. */
  readonly sessionsValidFromMs: number;
  readonly isDisabled: boolean;
}
