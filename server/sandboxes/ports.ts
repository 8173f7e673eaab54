import type { Profile } from "../protocol";
import type { SandboxBinding } from "./sandbox-agent";

/** What this room must know about the person behind an enrollment. */
export interface Attendance {
  readonly displayName: string;
  /** What they begin with: the profile of their workshop's first lab. */
  readonly profile: Profile;
  /** What each lab of their workshop needs, by its id. */
  readonly labProfiles: ReadonlyMap<string, Profile>;
  /** Idle minutes after which their sandbox goes to sleep; 0 is never. */
  readonly sleepAfterMinutes: number;
  /** When the homework of their cohort closes: until then their sandbox and its files are kept. Epoch milliseconds. */
  readonly homeworkUntilMs: number;
}

/** Undefined for an enrollment that is gone. */
export type FindAttendance = (enrollmentId: string) => Promise<Attendance | undefined>;

/** A cohort that is on or starts soon. */
export interface Delivery {
  /** What its attendees begin with. */
  readonly profile: Profile;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  /** People who may still come for a sandbox. */
  readonly seatsLeft: number;
  /** Always on, and nobody may ever come: the pool does not follow it by itself. */
  readonly isDemo: boolean;
}

/** Deliveries that are on at some instant of the window. */
export type ReadDeliveries = (window: {
  readonly fromMs: number;
  readonly untilMs: number;
}) => Promise<readonly Delivery[]>;

/** What an attendee's sandboxes push to the class registry with, the same in each of them; null where there is none. */
export type RegistryCredentialsOf = (attendee: {
  readonly enrollmentId: string;
  readonly displayName: string;
}) => SandboxBinding["registry"];
