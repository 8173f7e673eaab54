import { randomUUID } from "node:crypto";
import type { OidcSettings } from "../../../server/accounts/auth-options";
import { createAccounts, type Accounts } from "../../../server/accounts/wire-accounts";
import type { ProgressRecord } from "../../../server/cohorts/ports";
import { createCohorts, type Cohorts } from "../../../server/cohorts/wire-cohorts";
import type { Actor } from "../../../server/platform/actor";
import { createAuditTrail } from "../../../server/platform/audit-store";
import { systemClock, type Clock } from "../../../server/platform/clock";
import { MemoryEventBus } from "../../../server/platform/memory-event-bus";
import { createRateLimits } from "../../../server/platform/rate-limits";
import type { RequestContext } from "../../../server/platform/trpc";
import type { SandboxView } from "../../../server/protocol/views";
import { silentLogger } from "../../support/silent-logger";
import { startTestDatabase, type TestDatabase } from "../../support/test-database";

export const SECRET = "a-secret-of-the-tests-that-is-long-enough";
export const PUBLIC_URL = "https://slipway.test";

const WORKSHOP = {
  workshopId: "python-to-production",
  title: "Python to production",
  labs: [
    {
      labId: "first-container",
      title: "A first container",
      minutes: 20,
      steps: [
        { stepId: "hello", title: "Hello", minutes: 5 },
        { stepId: "limits", title: "Limits", minutes: 5 },
      ],
    },
  ],
};

/** The real clock with hands that a test may push forward. Knows who waits by it. */
export interface MovableClock extends Clock {
  forward(ms: number): void;
  /** How many waits have begun so far. */
  waitCount(): number;
  /** How long those that are not over were to last, in milliseconds. */
  pendingWaits(): readonly number[];
}

/** What a request left behind: the context to call with and the cookies that it was answered. */
export interface Visit {
  readonly context: RequestContext;
  readonly cookies: string[];
}

/** The accounts and cohorts rooms on a real Postgres, with what lies below them played by hand. */
export interface Rooms {
  readonly database: TestDatabase;
  readonly accounts: Accounts;
  readonly cohorts: Cohorts;
  readonly events: MemoryEventBus;
  readonly clock: MovableClock;
  readonly progress: ProgressRecord[];
  readonly sandboxStates: Map<string, SandboxView["state"]>;
  /** A request by `actor` from an address of its own, unless one is given. */
  visit(actor?: Actor | null, address?: string): Visit;
  /** The actor whom the cookies of an answer prove, as the front door would read it. */
  actorOf(cookies: readonly string[]): Promise<Actor | null>;
  /** An account made in the database directly. */
  makeAccount(role: Actor["role"]): Promise<Actor>;
  /** A cohort with a live code, taught by `instructor`. */
  makeCohort(instructor: Actor, options?: { capacity?: number }): Promise<{ cohortId: string; code: string }>;
  dispose(): Promise<void>;
}

export async function startRooms(oidc?: OidcSettings): Promise<Rooms> {
  const database = await startTestDatabase();
  const events = new MemoryEventBus();
  const log = silentLogger();
  const progress: ProgressRecord[] = [];
  const sandboxStates = new Map<string, SandboxView["state"]>();
  const clock = createMovableClock();
  const rateLimits = createRateLimits(database.pool);
  const audit = createAuditTrail({ database: database.prisma, clock, log });
  const shared = { database: database.prisma, rateLimits, audit, events, clock, log, secret: SECRET };
  const accounts = createAccounts({
    ...shared,
    publicUrl: PUBLIC_URL,
    oidc,
    addressOf: () => "192.0.2.1",
  });
  const cohorts = createCohorts({
    ...shared,
    catalog: { workshops: () => [WORKSHOP] },
    readProgress: async (ids) => progress.filter(({ enrollmentId }) => ids.includes(enrollmentId)),
    readSandboxStates: async () => sandboxStates,
    readCapacity: async () => ({ awake: 1, asleep: 0, queued: 0, fitsNow: 8, isolation: "hardened" }),
    issueAuthSession: accounts.sessions.issueAuthSession,
  });
  await cohorts.ensureWorkshops();
  let visits = 0;
  const visit = (actor: Actor | null = null, address?: string): Visit => {
    visits += 1;
    const cookies: string[] = [];
    const context: RequestContext = {
      actor,
      address: address ?? `198.51.${Math.floor(visits / 250)}.${visits % 250}`,
      requestId: randomUUID(),
      log,
      setCookie: (header) => void cookies.push(header),
    };
    return { context, cookies };
  };
  return {
    ...{ database, accounts, cohorts, events, clock, progress, sandboxStates, visit },
    actorOf: (cookies) => accounts.sessions.readActor({ headers: { cookie: cookieHeaderOf(cookies) } }),
    makeAccount: async (role) => {
      const sessionsValidFrom = new Date(clock.nowMs());
      const data = { displayName: `A ${role}`, role, sessionsValidFrom };
      const { id } = await database.prisma.account.create({ data });
      return { accountId: id, role };
    },
    makeCohort: async (instructor, { capacity = 20 } = {}) => {
      const caller = cohorts.router.createCaller(visit(instructor).context);
      const { cohortId } = await caller.create({ ...cohortInput(clock.nowMs()), capacity });
      const { joinCode } = await caller.board({ cohortId });
      return { cohortId, code: joinCode ?? "" };
    },
    dispose: () => database.dispose(),
  };
}

/** What a browser would send back of `Set-Cookie` headers: of each name the last. */
export function cookieHeaderOf(cookies: readonly string[]): string {
  const jar = new Map(cookies.map((header) => [header.split("=")[0], header.split(";")[0]]));
  return [...jar.values()].join("; ");
}

/** Valid input of `cohorts.create`. */
export function cohortInput(nowMs: number) {
  const hour = 3_600_000;
  return {
    workshopId: WORKSHOP.workshopId,
    name: "Monday",
    startsAt: new Date(nowMs - hour),
    endsAt: new Date(nowMs + 8 * hour),
    homeworkUntil: new Date(nowMs + 7 * 24 * hour),
    capacity: 20,
  };
}

function createMovableClock(): MovableClock {
  let offsetMs = 0;
  let begunCount = 0;
  const pending = new Map<symbol, number>();
  return {
    nowMs: () => systemClock.nowMs() + offsetMs,
    sleep: async (delayMs, signal) => {
      const wait = Symbol("wait");
      begunCount += 1;
      pending.set(wait, delayMs);
      await systemClock.sleep(delayMs, signal);
      pending.delete(wait);
    },
    forward: (ms) => {
      offsetMs += ms;
    },
    waitCount: () => begunCount,
    pendingWaits: () => [...pending.values()],
  };
}
