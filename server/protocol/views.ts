/** What screens are given. Plain data: tRPC outputs have exactly these shapes, and nothing here is secret from its reader. */

import type { Profile } from "./profile";

export interface ViewerView {
  readonly accountId: string;
  readonly displayName: string;
  readonly role: "attendee" | "instructor" | "admin";
}

/** One account that teaches, or that came by single sign-on and may be asked to. */
export interface StaffView {
  readonly accountId: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly role: "attendee" | "instructor" | "admin";
  /** False for one of single sign-on: its password is the provider's. */
  readonly hasPassword: boolean;
  readonly isDisabled: boolean;
  readonly isMe: boolean;
}

/** A one-time link, shown once: only its hash is kept. */
export interface SetupLinkView {
  /** Below the platform's address. */
  readonly path: string;
  readonly expiresAt: Date;
}

/** What a one-time link is for: an account of that role, or another password for the one that is named. */
export type SetupPurposeView =
  | { readonly purpose: "admin" | "instructor" }
  | { readonly purpose: "password"; readonly displayName: string; readonly email: string | null };

/** What kind of sandbox it is, and what the reader wants: a lesser one is given at once while the wanted one cannot be made. */
export interface SandboxProfileView {
  readonly profile: Profile;
  /** What the lab at hand needs, else what was asked for last; never less than `profile`. */
  readonly wantedProfile: Profile;
  /** Whether one of `wantedProfile` could be made now: `ready` beside a lesser `profile` is when to offer a change. */
  readonly wantedState: "ready" | "preparing" | "unavailable";
}

/**
 * Why a sandbox is not there yet: made anew, woken from sleep, brought back to its start state, made in place of one that the
 * attendee gave up, or made one of another profile.
 */
export type SandboxStartKind = "create" | "wake" | "reset" | "replace" | "change";

/** Where an attendee's sandbox is, in the words that the lab page shows. */
export type SandboxView =
  | { readonly state: "none" }
  /**
   * In the queue: `place` 1 is next. `etaSeconds` is measured; null until there is something to measure. `waitsFor` is what
   * stands in the way: a place, or memory or disk of the host, which somebody must free, or the host itself, which does not answer;
   * null when it is only a matter of turns.
   */
  | ({
      readonly state: "queued";
      readonly place: number;
      readonly etaSeconds: number | null;
      readonly waitsFor: "capacity" | "memory" | "disk" | "host" | null;
    } & SandboxProfileView)
  /**
   * Under way since `sinceMs` (epoch). `usualSeconds` is the median of what `what` has taken recently for this profile, null when
   * nothing was measured.
   */
  | ({
      readonly state: "starting";
      readonly what: SandboxStartKind;
      readonly sinceMs: number;
      readonly usualSeconds: number | null;
    } & SandboxProfileView)
  | ({
      readonly state: "ready";
      readonly sandboxId: string;
      readonly leaseExpiresAt: Date;
      /** What a change of mind has usually taken here; null when nothing was measured. A pool may give a replacement at once. */
      readonly usualSeconds: {
        readonly reset: number | null;
        readonly replace: number | null;
        /** Becoming one of `wantedProfile`. */
        readonly change: number | null;
      };
      /**
       * What it is to become as soon as there is room; until then it stays as it is and can be used. `waitsFor` as in the queue. Null when
       * nothing was asked.
       */
      readonly change: {
        readonly to: Profile;
        readonly waitsFor: "capacity" | "memory" | "disk" | "host" | null;
      } | null;
    } & SandboxProfileView)
  /** Nothing is lost; `sandboxes.request` wakes it, and so does visiting. */
  | ({ readonly state: "asleep"; readonly sandboxId: string } & SandboxProfileView)
  | ({ readonly state: "unreachable"; readonly sandboxId: string; readonly since: Date } & SandboxProfileView)
  /**
   * `isRetrying`: we go on trying by ourselves. `mayReset`: the sandbox still exists, with its files, but does not come up: it may be
   * tried again (`sandboxes.request`), reset or replaced. Otherwise it is gone, and `sandboxes.request` makes a new one.
   */
  | {
      readonly state: "failed";
      readonly message: string;
      readonly isRetrying: boolean;
      readonly mayReset: boolean;
    };

/** What the sandbox host carries, for instructors. */
export interface CapacityView {
  /** One entry a profile, in the order of `PROFILES`. */
  readonly profiles: readonly ProfileCapacityView[];
  readonly memory: { readonly totalMiB: number; readonly availableMiB: number; readonly plannedMiB: number };
  readonly diskAvailableMiB: number;
  readonly cpuCount: number;
  readonly isolation: string;
  /** Why nobody leaves the queue although there is one. */
  readonly waitsFor: "capacity" | "memory" | "disk" | "host" | null;
  readonly readAt: Date;
}

export interface ProfileCapacityView {
  readonly profile: Profile;
  readonly state: "ready" | "preparing" | "unavailable";
  /** A sentence why it is unavailable; null otherwise. */
  readonly reason: string | null;
  readonly limits: {
    readonly cpuMillis: number;
    readonly memoryMiB: number;
    readonly diskMiB: number;
    readonly pidsMax: number;
  };
  /** Memory that one is planned with: measured, far below its limit. */
  readonly footprintMiB: number;
  /** How many more of this profile alone fit now. */
  readonly fitsNow: number;
  /** With an attendee and awake, those on their way included. */
  readonly running: number;
  /** Ready and waiting for an attendee. */
  readonly warm: number;
  /** Being made for the pool. */
  readonly warming: number;
  readonly queued: number;
  readonly asleep: number;
  /** Median of recent starts; null when nothing was measured. */
  readonly usualStartSeconds: number | null;
}

export interface LabSummary {
  readonly labId: string;
  readonly title: string;
  readonly minutes: number;
  readonly stepCount: number;
  readonly passedCount: number;
}

/** One cohort as its attendee sees it. */
export interface EnrollmentView {
  readonly enrollmentId: string;
  readonly cohortId: string;
  readonly cohortName: string;
  readonly workshopTitle: string;
  readonly role: "attendee" | "instructor";
  readonly displayName: string;
  readonly startsAt: Date;
  readonly homeworkUntil: Date;
  readonly labs: readonly LabSummary[];
}

export type VerdictView = "passed" | "failed" | "errored";

/** One check's outcome. `expected` and `seen` are sentences for the attendee; expected answers that would spoil are not in them. */
export interface CheckResultView {
  readonly checkId: string;
  readonly title: string;
  readonly verdict: VerdictView;
  readonly expected: string;
  readonly seen: string;
  /** A hint that the state itself suggests; null when there is none. */
  readonly hint: string | null;
}

export interface AttemptView {
  readonly attemptId: string;
  readonly verdict: VerdictView;
  readonly trigger: "attendee" | "automatic";
  readonly checks: readonly CheckResultView[];
  readonly at: Date;
  readonly durationMs: number;
}

export interface StepView {
  readonly stepId: string;
  readonly title: string;
  readonly minutes: number;
  /** Sanitized HTML made from the author's Markdown. */
  readonly html: string;
  readonly checkTitles: readonly string[];
  readonly hintTotal: number;
  /** Hints unfolded so far, as sanitized HTML, in order. */
  readonly hints: readonly string[];
  readonly hasSolution: boolean;
  /** The solution's text, once the attendee has asked for it. */
  readonly solution: string | null;
  readonly passedAt: Date | null;
  readonly lastAttempt: AttemptView | null;
}

export interface LabView {
  readonly labSessionId: string;
  readonly labId: string;
  readonly title: string;
  readonly workshopTitle: string;
  readonly minutes: number;
  readonly steps: readonly StepView[];
  readonly finishedAt: Date | null;
  /** The lab after this one in the workshop, null after the last. */
  readonly nextLabId: string | null;
}

/** One cell of the board. */
export type BoardCellState = "untouched" | "open" | "failing" | "passed";

export interface BoardCell {
  readonly labId: string;
  readonly stepId: string;
  readonly state: BoardCellState;
  readonly failedCount: number;
  readonly passedAt: Date | null;
}

export interface BoardAttendee {
  readonly enrollmentId: string;
  readonly displayName: string;
  readonly joinedAt: Date;
  readonly lastSeenAt: Date;
  /** Derived from verified verdicts and presence: see server/cohorts/board.ts. */
  readonly standing: "done" | "working" | "failing" | "stuck" | "idle" | "away";
  readonly sandboxState: SandboxView["state"];
  readonly passedCount: number;
  readonly cells: readonly BoardCell[];
}

export interface BoardColumn {
  readonly labId: string;
  readonly labTitle: string;
  readonly stepId: string;
  readonly stepTitle: string;
}

export interface BoardView {
  readonly cohortId: string;
  readonly cohortName: string;
  readonly workshopTitle: string;
  readonly capacity: number;
  readonly joinCode: string | null;
  readonly joinCodeExpiresAt: Date | null;
  readonly columns: readonly BoardColumn[];
  readonly attendees: readonly BoardAttendee[];
  readonly sandboxes: {
    /** All on the host, whoever's they are. */
    readonly awake: number;
    readonly asleep: number;
    readonly queued: number;
    /** How many more of the workshop's kind fit now. */
    readonly fitsNow: number;
    readonly isolation: string;
  };
  readonly readAt: Date;
}

export interface CohortSummary {
  readonly cohortId: string;
  readonly name: string;
  readonly workshopTitle: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly homeworkUntil: Date;
  readonly capacity: number;
  readonly attendeeCount: number;
  readonly joinCode: string | null;
  readonly isDemo: boolean;
}

export interface WorkshopSummary {
  readonly workshopId: string;
  readonly title: string;
  readonly labCount: number;
}

export interface TerminalView {
  readonly terminalId: string;
  readonly title: string;
  readonly openedAt: Date;
  readonly isExited: boolean;
}

/** What changes in a lab while it is open; merged by the page into its LabView. */
export interface LabProgressView {
  readonly steps: readonly Pick<StepView, "stepId" | "passedAt" | "lastAttempt">[];
  readonly finishedAt: Date | null;
}
