/** What is worth remembering about who did what. A closed list: reports count by it. */
export type AuditAction =
  | "account.signed-in"
  | "account.sign-in-failed"
  | "account.signed-out-everywhere"
  | "setup-link.used"
  | "staff.invited"
  | "staff.password-link-made"
  | "staff.changed"
  | "cohort.created"
  | "cohort.joined"
  | "cohort.rejoined"
  | "join-code.replaced"
  | "join-code.revoked"
  | "sandbox.reset"
  | "sandbox.replaced"
  | "sandbox.profile-changed"
  | "sandbox.profile-change-withdrawn";

export interface AuditEntry {
  readonly action: AuditAction;
  /** Null when nobody was signed in. */
  readonly actorAccountId: string | null;
  /** The id of what it was done to; never an e-mail address, a code or a name. */
  readonly subject: string;
  /** Never secrets: no passwords, codes, tokens. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

/** Remembers entries for ever: nothing here changes or deletes one, and the database refuses both. */
export interface AuditTrail {
  /** Resolves when the entry is stored, or when that failed and was logged: what was done stays done. */
  record(entry: AuditEntry): Promise<void>;
}
