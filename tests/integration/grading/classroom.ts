import { randomUUID } from "node:crypto";
import { createGrading, createProgressReader, type Grading } from "../../../server/grading/wire-grading";
import type { ReadProgress } from "../../../server/grading/read-progress";
import { createCatalog, type Lab, type Step } from "../../../server/labs/catalog";
import { checkSchema } from "../../../server/labs/check";
import type { Actor, EnrollmentGrant } from "../../../server/platform/actor";
import { systemClock } from "../../../server/platform/clock";
import { AppError } from "../../../server/platform/errors";
import { MemoryEventBus } from "../../../server/platform/memory-event-bus";
import { createRateLimits } from "../../../server/platform/rate-limits";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import type { SandboxAgent } from "../../../server/sandboxes/sandbox-agent";
import { silentLogger } from "../../support/silent-logger";
import { startTestDatabase, type TestDatabase } from "../../support/test-database";

/** A sandbox of nothing but files, which tests write. */
export interface FileSandbox {
  readonly files: Map<string, string>;
  isReachable: boolean;
  /** How often a file was asked for. */
  readCount: number;
}

/** The grading room on a real Postgres, with one enrollment in one cohort. */
export interface Classroom {
  readonly database: TestDatabase;
  readonly grading: Grading;
  readonly readProgress: ReadProgress;
  readonly events: MemoryEventBus;
  readonly sandbox: FileSandbox;
  readonly lab: Lab;
  readonly cohortId: string;
  readonly enrollmentId: string;
  caller(actor: Actor): ReturnType<Grading["router"]["createCaller"]>;
  readonly attendee: Actor;
  /** Somebody enrolled in the same cohort. */
  readonly neighbour: Actor;
  readonly outsider: Actor;
  dispose(): Promise<void>;
}

function step(stepId: string, file: string): Step {
  const check = {
    id: "written",
    title: "It is written",
    kind: "file",
    path: file,
    contains: "the answer is 42",
    secret: true,
    expected: "The file says what the step asks.",
    waitSeconds: 0,
  };
  return {
    stepId,
    title: stepId,
    minutes: 5,
    html: "<p>Write.</p>",
    checks: [checkSchema.parse(check)],
    hints: ["<p>one</p>", "<p>two</p>"],
    solution: "echo the answer is 42",
    sabotage: null,
  };
}

const LAB: Lab = {
  labId: "writing",
  workshopId: "school",
  title: "Writing",
  summary: "",
  minutes: 10,
  profile: "docker",
  absentImages: [],
  steps: [step("first", "~/first.txt"), step("second", "~/second.txt")],
  setupFiles: [{ path: "start.txt", bytes: Buffer.from("begin here"), mode: 0o644 }],
  setupScript: null,
  presenterHtml: null,
  assets: [],
  hash: "0".repeat(64),
};

export async function openClassroom(): Promise<Classroom> {
  const database = await startTestDatabase();
  const { prisma, pool } = database;
  const events = new MemoryEventBus();
  const sandbox: FileSandbox = { files: new Map(), isReachable: true, readCount: 0 };
  const catalog = createCatalog([
    { workshopId: "school", title: "School", summary: "", audience: "", minutes: 10, labs: [LAB] },
  ]);
  await prisma.workshop.create({ data: { id: "school", title: "School" } });
  const now = new Date();
  const cohort = await prisma.cohort.create({
    data: { workshopId: "school", name: "A", startsAt: now, endsAt: now, homeworkUntil: now, capacity: 5 },
  });
  const grants = new Map<string, EnrollmentGrant>();
  const enrol = async (displayName: string): Promise<Actor> => {
    const account = await prisma.account.create({ data: { displayName } });
    const enrollment = await prisma.enrollment.create({
      data: { cohortId: cohort.id, accountId: account.id },
    });
    grants.set(account.id, { enrollmentId: enrollment.id, role: "attendee" });
    return { accountId: account.id, role: "attendee" };
  };
  const attendee = await enrol("Ada");
  const neighbour = await enrol("Bob");
  const log = silentLogger();
  const grading = createGrading({
    ...{ database: prisma, catalog, events, clock: systemClock, log },
    agent: agentOf(sandbox),
    rateLimits: createRateLimits(pool),
    findEnrollment: async (actor, cohortId) =>
      cohortId === cohort.id ? grants.get(actor.accountId) : undefined,
    findWorkshopOfCohort: async () => "school",
    findSandboxId: async () => "00000000-0000-4000-8000-000000000001" as SandboxId,
  });
  return {
    ...{ database, grading, events, sandbox, attendee, neighbour },
    readProgress: createProgressReader(prisma),
    lab: LAB,
    cohortId: cohort.id,
    enrollmentId: grants.get(attendee.accountId)?.enrollmentId ?? "",
    outsider: { accountId: randomUUID(), role: "attendee" },
    caller: (actor) =>
      grading.router.createCaller({ actor, address: "", requestId: "", log, setCookie: () => undefined }),
    dispose: async () => {
      await grading.stop();
      await database.dispose();
    },
  };
}

function agentOf(sandbox: FileSandbox): SandboxAgent {
  const assertReachable = (): void => {
    if (!sandbox.isReachable) throw new AppError("sandbox.unreachable", "unplugged");
  };
  const played: Partial<SandboxAgent> = {
    readHealth: async () => {
      assertReachable();
      return { version: "1", uptimeMs: 1, engine: "absent", cluster: "absent" };
    },
    openTunnel: () => Promise.reject(new AppError("agent.misbehaved", "no engine here")),
    readFile: async (_, { path }) => {
      assertReachable();
      sandbox.readCount += 1;
      const text = sandbox.files.get(path);
      if (text === undefined) return { kind: "absent" };
      const bytes = Buffer.from(text);
      return { kind: "file", bytes, sizeBytes: bytes.length, isTruncated: false, mode: 0o644 };
    },
    writeFile: async (_, { path, bytes }) => {
      assertReachable();
      sandbox.files.set(path, bytes.toString());
    },
  };
  return played as SandboxAgent;
}
