import { randomUUID } from "node:crypto";
import { createRateLimits } from "../../../server/platform/rate-limits";
import { systemClock } from "../../../server/platform/clock";
import type { AuditEntry } from "../../../server/platform/audit";
import type { EventBus } from "../../../server/platform/events";
import { MemoryEventBus } from "../../../server/platform/memory-event-bus";
import { Metrics } from "../../../server/platform/metrics";
import { waitUntil } from "../../../server/platform/wait-until";
import { PROFILES, type Profile, type SandboxView } from "../../../server/protocol";
import {
  FakeHost,
  FakeSandboxDriver,
  type FakeFaults,
} from "../../../server/sandboxes/drivers/fake/fake-sandbox-driver";
import type { Attendance, Delivery } from "../../../server/sandboxes/ports";
import type { ProfilePlans } from "../../../server/sandboxes/profiles";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import type { SandboxBinding } from "../../../server/sandboxes/sandbox-agent";
import type { SandboxLimits } from "../../../server/sandboxes/sandbox-driver";
import { createSandboxes, type Sandboxes } from "../../../server/sandboxes/wire-sandboxes";
import { silentLogger } from "../../support/silent-logger";
import { startTestDatabase, type TestDatabase } from "../../support/test-database";

export const LIMITS = { cpuMillis: 1_000, memoryMiB: 512, diskMiB: 1_024, pidsMax: 256 };
/** A workshop with a lab of each profile. */
const LAB_PROFILES = new Map(PROFILES.map((profile) => [`${profile}-lab`, profile]));
const FOOTPRINT = { footprintMiB: 128 };
const PLANS: ProfilePlans = {
  docker: { limits: LIMITS, ...FOOTPRINT },
  kubernetes: { limits: LIMITS, ...FOOTPRINT },
  "kubernetes-multinode": { limits: { ...LIMITS, memoryMiB: 1_024 }, footprintMiB: 256 },
};

export interface TestServerOptions {
  readonly faults?: FakeFaults;
  readonly capacity?: number;
  readonly leaseMs?: number;
  readonly poolTarget?: number;
  /** Read at every pass. */
  readonly readDeliveries?: () => readonly Delivery[];
  readonly attendance?: Partial<Attendance>;
  /** In place of an agent that always binds. */
  readonly bind?: (id: SandboxId, binding: SandboxBinding) => Promise<void>;
  /** Shared by servers that are to hear of one another at once; else each has its own. */
  readonly events?: EventBus;
}

/** One server's sandboxes room on the database and host that all of a test's servers share. */
export interface TestServer extends Sandboxes {
  readonly driver: FakeSandboxDriver;
  /** Who was told whose it is, in order. */
  readonly bindings: { readonly id: SandboxId; readonly binding: SandboxBinding }[];
  readonly audited: AuditEntry[];
}

/** A database, a host, and the servers that a test has started on them. */
export class SandboxRooms {
  readonly database: TestDatabase;
  host = new FakeHost();
  readonly #servers: TestServer[] = [];

  private constructor(database: TestDatabase) {
    this.database = database;
  }

  static async start(): Promise<SandboxRooms> {
    const database = await startTestDatabase();
    await database.prisma.workshop.create({ data: { id: "w", title: "W" } });
    return new SandboxRooms(database);
  }

  /** Ends the test's servers and forgets its sandboxes. */
  async clear(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => server.reconciler.stop()));
    await this.database.prisma.sandbox.deleteMany({});
    await this.database.prisma.sandboxStart.deleteMany({});
    this.host = new FakeHost();
  }

  startServer(over: TestServerOptions = {}): TestServer {
    const driver = new FakeSandboxDriver({
      host: this.host,
      installationId: "test",
      faults: over.faults ?? {},
    });
    const bindings: TestServer["bindings"] = [];
    const audited: AuditEntry[] = [];
    const sandboxes = createSandboxes({
      database: this.database.prisma,
      pool: this.database.pool,
      events: over.events ?? new MemoryEventBus(),
      clock: systemClock,
      log: silentLogger(),
      metrics: new Metrics(silentLogger()),
      driver,
      agent: {
        bind: async (id, binding) => {
          await over.bind?.(id, binding);
          bindings.push({ id, binding });
        },
      },
      audit: { record: async (entry) => void audited.push(entry) },
      rateLimits: createRateLimits(this.database.pool),
      plans: PLANS,
      capacity: over.capacity ?? 10,
      poolTarget: over.poolTarget ?? 0,
      startTimeoutMs: 5_000,
      leaseMs: over.leaseMs ?? 60_000,
      findEnrollment: async (actor) => ({ enrollmentId: actor.accountId, role: "attendee" }),
      findAttendance: async () => ({
        ...{ displayName: "Ada Lovelace", profile: "docker", sleepAfterMinutes: 0, homeworkUntilMs: 0 },
        labProfiles: LAB_PROFILES,
        ...over.attendance,
      }),
      readDeliveries: async () => over.readDeliveries?.() ?? [],
      registryCredentialsOf: () => null,
    });
    sandboxes.reconciler.start();
    const server = { ...sandboxes, driver, bindings, audited };
    this.#servers.push(server);
    return server;
  }

  async enrol(): Promise<string> {
    const { prisma } = this.database;
    const dates = { startsAt: new Date(), endsAt: new Date(), homeworkUntil: new Date() };
    const cohort = await prisma.cohort.create({
      data: { workshopId: "w", name: "C", capacity: 50, ...dates },
    });
    const account = await prisma.account.create({ data: { displayName: "A" } });
    const enrollment = await prisma.enrollment.create({
      data: { cohortId: cohort.id, accountId: account.id },
    });
    return enrollment.id;
  }

  /** Rows that are not destroyed. */
  liveRows() {
    return this.database.prisma.sandbox.findMany({ where: { phase: { not: "destroyed" } } });
  }
}

export function limitsOf(profile: Profile): SandboxLimits {
  return PLANS[profile].limits;
}

/** A cohort that is on and has `seatsLeft` people to come. */
export function deliveryOf(seatsLeft: number, over: Partial<Delivery> = {}): Delivery {
  const nowMs = Date.now();
  const times = { startsAtMs: nowMs, endsAtMs: nowMs + 3_600_000 };
  return { profile: "docker", ...times, seatsLeft, isDemo: false, ...over };
}

/** The room's own router, as the enrollment's page calls it. */
export function pageOf(server: TestServer, enrollmentId: string) {
  const caller = server.router.createCaller({
    actor: { accountId: enrollmentId, role: "attendee" },
    address: "test",
    requestId: "test",
    log: silentLogger(),
    setCookie: () => undefined,
  });
  const cohort = { cohortId: randomUUID() };
  const labOf = (profile: Profile) => ({ ...cohort, labId: `${profile}-lab` });
  return {
    ask: (): Promise<SandboxView> => caller.request(cohort),
    /** As the page of the lab that needs `profile`. */
    askFor: (profile: Profile): Promise<SandboxView> => caller.request(labOf(profile)),
    changeTo: (profile: Profile): Promise<SandboxView> => caller.changeProfile(labOf(profile)),
    withdrawChange: (): Promise<SandboxView> => caller.withdrawChange(cohort),
    reset: (keepsHome: boolean): Promise<SandboxView> => caller.reset({ ...cohort, keepsHome }),
    replace: (): Promise<SandboxView> => caller.replace(cohort),
    /** Opens the page, reads its first view, and closes it. */
    visit: async (profile?: Profile): Promise<SandboxView> => {
      const page = profile === undefined ? cohort : labOf(profile);
      for await (const view of await caller.watch(page)) return view;
      throw new Error("the page showed nothing");
    },
  };
}

export const within = { timeoutMs: 30_000, clock: systemClock };

/** Waits until the enrollment can use a sandbox and answers its id. */
export async function untilReady(server: Sandboxes, enrollmentId: string): Promise<SandboxId> {
  await waitUntil(
    "the sandbox is ready",
    async () => (await server.findSandboxId(enrollmentId)) !== undefined,
    within,
  );
  return (await server.findSandboxId(enrollmentId))!;
}

/** Waits until `server` says that the enrollment's sandbox is in `state`. */
export async function untilState(
  server: Sandboxes,
  enrollmentId: string,
  state: SandboxView["state"],
): Promise<void> {
  await waitUntil(
    `the sandbox is ${state}`,
    async () => (await server.readSandboxStates([enrollmentId])).get(enrollmentId) === state,
    within,
  );
}
