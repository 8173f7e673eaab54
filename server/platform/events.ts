/** What may have changed; ids only, so that every listener re-reads the truth from the database. */
export type DomainEvent =
  | { readonly kind: "sandbox.changed"; readonly sandboxId: string; readonly enrollmentId: string | null }
  | { readonly kind: "progress.changed"; readonly enrollmentId: string; readonly labId: string }
  | { readonly kind: "enrollment.changed"; readonly enrollmentId: string; readonly cohortId: string }
  | { readonly kind: "queue.changed" }
  /** Every auth session of the account has ended: whatever it has open must be closed. */
  | { readonly kind: "account.signed-out"; readonly accountId: string }
  /** The listener was disconnected for a while: anything may have changed. */
  | { readonly kind: "events.resynced" };

/** Tells every replica, this one included, that something changed. Losing an event is repaired by periodic re-reads. */
export interface EventBus {
  /** Resolves when the event is on its way; a database that does not answer is not an error of the caller. */
  publish(event: DomainEvent): Promise<void>;
  /** Calls `listener` for every event until the returned function is called. */
  subscribe(listener: (event: DomainEvent) => void): () => void;
}
