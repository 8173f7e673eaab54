import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import type { Duplex } from "node:stream";
import { createAccounts, type Accounts } from "./accounts/wire-accounts";
import { createCohorts, type Cohorts } from "./cohorts/wire-cohorts";
import { createGrading, createProgressReader, type Grading } from "./grading/wire-grading";
import { createCatalog, type Catalog } from "./labs/catalog";
import { loadCatalog } from "./labs/load-catalog";
import { ASSET_PREFIX, createAssetHandler } from "./labs/serve-asset";
import { createAuditTrail } from "./platform/audit-store";
import { systemClock } from "./platform/clock";
import type { Config } from "./platform/config";
import { DEFAULT_DOCKER_HOST } from "./platform/docker-host";
import { connectDatabase } from "./platform/database/database";
import { answerHealth, createMetricsRoute, createReadiness } from "./platform/health-routes";
import type { Lifetime } from "./platform/lifetime";
import type { Logger } from "./platform/logger";
import { Metrics } from "./platform/metrics";
import { PostgresEventBus } from "./platform/postgres-event-bus";
import { createRateLimits } from "./platform/rate-limits";
import { createAddressOf, createRpcHandler, RPC_PREFIX } from "./platform/rpc-handler";
import { createOriginRule } from "./platform/same-origin";
import type { InstallationSecrets } from "./platform/secrets";
import { createAppRouter } from "./router";
import { createSandboxAgent } from "./sandboxes/agent-client";
import { agentToken } from "./sandboxes/agent-token";
import { registryPrefixOf, type ClassRegistry } from "./sandboxes/class-registry";
import { ClassRegistryCollector } from "./sandboxes/class-registry-collector";
import { ensureClassRegistry } from "./sandboxes/drivers/docker/class-registry";
import { connectDocker } from "./sandboxes/drivers/docker/connect-docker";
import { FakeSandboxDriver } from "./sandboxes/drivers/fake/fake-sandbox-driver";
import { ProcessSandboxDriver } from "./sandboxes/drivers/process/process-sandbox-driver";
import { capacityOf } from "./sandboxes/capacity";
import { profileToBegin, stateOfProfile } from "./sandboxes/profiles";
import type { SandboxId } from "./sandboxes/sandbox";
import type { SandboxDriver } from "./sandboxes/sandbox-driver";
import { createSandboxes, type Sandboxes, type SandboxesOptions } from "./sandboxes/wire-sandboxes";
import type { Profile } from "./protocol";
import type { StartBanner } from "./start-banner";
import { createTerminals, type Terminals } from "./terminals/wire-terminals";

export interface WireOptions {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly secrets: InstallationSecrets;
  /** The folder that holds `labs/`. */
  readonly root: string;
  readonly log: Logger;
  readonly lifetime: Lifetime;
}

/** Everything but the pages, ready to be put behind the front door. */
export interface WiredPlatform {
  readonly routes: Readonly<
    Record<string, (request: IncomingMessage, response: ServerResponse) => void | Promise<void>>
  >;
  readonly handleTerminalUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly closeTerminals: () => Promise<void>;
  readonly welcome: Omit<StartBanner, "publicUrl">;
  /** Starts the background loops. What they start is registered with the lifetime. */
  start(): void;
}

/** The composition root: the only file that chooses drivers and joins rooms. */
export async function wire(options: WireOptions): Promise<WiredPlatform> {
  const foundation = await layFoundation(options);
  const rooms = joinRooms(options, foundation);
  const { reconciler } = rooms.sandboxes;
  const { events } = foundation;
  await rooms.cohorts.ensureWorkshops();
  const demos = await rooms.cohorts.ensureDemoCohorts();
  const setupToken = await rooms.accounts.createSetupLink();
  return {
    routes: routesOf(options, foundation, rooms),
    handleTerminalUpgrade: rooms.terminals.handleUpgrade,
    closeTerminals: rooms.terminals.close,
    welcome: {
      demos,
      setupPath: setupToken === undefined ? null : `/setup#${setupToken}`,
      capacity: await readCapacities(options.config.sandbox, foundation, rooms),
      isolation: foundation.driver.capabilities.isolation,
      labProblems: foundation.labProblems,
    },
    start: () => {
      events.start();
      events.subscribe((event) => {
        if (event.kind !== "account.signed-out") return;
        rooms.accounts.sessions.forgetAccount(event.accountId);
        rooms.terminals.revoke(event.accountId);
      });
      options.lifetime.add("events", () => events.stop());
      reconciler.start();
      options.lifetime.add("sandbox reconciler", () => reconciler.stop());
      options.lifetime.add("grading", () => rooms.grading.stop());
      startCollector(options, foundation, rooms.sandboxes);
    },
  };
}

function startCollector(
  { secrets, lifetime }: WireOptions,
  { registry, clock, log }: Foundation,
  { readEnrollmentIds }: Sandboxes,
): void {
  if (registry === null) return;
  const { installationId } = secrets;
  const collector = new ClassRegistryCollector({ registry, installationId, readEnrollmentIds, clock, log });
  collector.start();
  lifetime.add("class registry", () => collector.stop());
}

type Foundation = Awaited<ReturnType<typeof layFoundation>>;

/** What every room stands on. */
async function layFoundation({ config, databaseUrl, secrets, root, log, lifetime }: WireOptions) {
  const clock = systemClock;
  const connection = connectDatabase(databaseUrl);
  const { prisma: database, pool } = connection;
  lifetime.add("database connections", () => connection.close());
  const metrics = new Metrics(log);
  const { workshops, problems } = await loadCatalog({ folder: path.join(root, "labs"), log });
  const tokenOf = (id: SandboxId): string => agentToken(secrets.agentSecret.reveal(), id);
  const registry = await chooseClassRegistry(config);
  const driver = await chooseDriver({ config, installationId: secrets.installationId, tokenOf, root, log });
  return {
    ...{ clock, database, pool, metrics, driver, registry, log },
    catalog: createCatalog(workshops),
    labProblems: problems.map(
      ({ file, line, reason }) => `${file}${line === null ? "" : `:${line}`}: ${reason}`,
    ),
    events: new PostgresEventBus({ databaseUrl, pool, clock, log }),
    rateLimits: createRateLimits(pool),
    audit: createAuditTrail({ database, clock, log }),
    agent: createSandboxAgent({ access: driver, tokenOf }),
    addressOf: createAddressOf(config.http.trustedProxyCount),
    isAllowedOrigin: createOriginRule([config.http.publicUrl]),
  };
}

/** Null where sandboxes have no engine to pull with. */
async function chooseClassRegistry({ sandbox }: Config): Promise<ClassRegistry | null> {
  if (sandbox.driver !== "docker") return null;
  return ensureClassRegistry({
    dockerHost: sandbox.dockerHost ?? DEFAULT_DOCKER_HOST,
    image: sandbox.classRegistryImage,
    prefixBytesMax: sandbox.classRegistryPrefixBytesMax,
    upstreamUrl: sandbox.classRegistryUpstreamUrl,
  });
}

interface DriverChoice {
  readonly config: Config;
  readonly installationId: string;
  readonly tokenOf: (id: SandboxId) => string;
  readonly root: string;
  readonly log: Logger;
}

async function chooseDriver({
  config,
  installationId,
  tokenOf,
  root,
  log,
}: DriverChoice): Promise<SandboxDriver> {
  const { sandbox, dataFolder, mode } = config;
  const shared = { installationId, tokenOf, startTimeoutMs: sandbox.startTimeoutMs, clock: systemClock, log };
  switch (sandbox.driver) {
    case "docker":
      return connectDocker({
        ...{ ...shared, dockerHost: sandbox.dockerHost, image: sandbox.image },
        dataFolder: sandbox.volumesFolder,
        hasClusters: sandbox.kubernetesNode !== "none",
      });
    case "process": {
      const agentCommand = [process.execPath, path.join(root, "dist/agent/agent.mjs")] as const;
      return new ProcessSandboxDriver({
        ...shared,
        mode,
        agentCommand,
        folder: path.join(dataFolder, "process-sandboxes"),
      });
    }
    case "fake":
      return new FakeSandboxDriver({ installationId });
  }
}

interface Rooms {
  readonly accounts: Accounts;
  readonly cohorts: Cohorts;
  readonly grading: Grading;
  readonly sandboxes: Sandboxes;
  readonly terminals: Terminals;
}

/** Rooms know one another only by the functions that are handed over here. */
function joinRooms({ config, secrets }: WireOptions, foundation: Foundation): Rooms {
  const secret = secrets.sessionSecret.reveal();
  const { installationId } = secrets;
  const { publicUrl } = config.http;
  const accounts = createAccounts({ ...foundation, secret, publicUrl, oidc: oidcOf(config) });
  const cohorts: Cohorts = createCohorts({
    ...foundation,
    secret,
    readProgress: createProgressReader(foundation.database),
    readSandboxStates: (enrollmentIds) => sandboxes.readSandboxStates(enrollmentIds),
    readCapacity: (workshopId) => sandboxes.readCounts(profileOf(foundation.catalog, workshopId)),
    issueAuthSession: accounts.sessions.issueAuthSession,
  });
  const { findEnrollment, findWorkshopOfCohort, touchEnrollment } = cohorts;
  const sandboxes: Sandboxes = createSandboxes({
    ...{ ...config.sandbox, ...foundation, findEnrollment, touchEnrollment },
    ...joinAudience(foundation.catalog, cohorts),
    registryCredentialsOf: ({ enrollmentId, displayName }) =>
      foundation.registry?.credentialsOf(registryPrefixOf(displayName, { installationId, enrollmentId })) ??
      null,
  });
  const { noteActivity } = sandboxes;
  // Whoever asks for their sandbox uses it: checks, terminals.
  const findSandboxId: Sandboxes["findSandboxId"] = (enrollmentId) => {
    noteActivity(enrollmentId);
    return sandboxes.findSandboxId(enrollmentId);
  };
  const grading = createGrading({ ...foundation, findEnrollment, findWorkshopOfCohort, findSandboxId });
  const terminals = createTerminals({
    ...foundation,
    findEnrollment,
    ...{ findSandboxId, noteActivity },
    readActor: accounts.sessions.readActor,
  });
  return { accounts, cohorts, grading, sandboxes, terminals };
}

async function readCapacities(
  { plans, capacity = Infinity }: Config["sandbox"],
  { driver }: Foundation,
  { sandboxes }: Rooms,
): Promise<StartBanner["capacity"]> {
  const [{ headroom }, states] = await Promise.all([sandboxes.reconciler.readState(), driver.readProfiles()]);
  const hasClusters = stateOfProfile("kubernetes", states).state !== "unavailable";
  const fit = (profile: Profile): number => Math.min(capacityOf(headroom, profile, plans), capacity);
  return { docker: fit("docker"), kubernetes: hasClusters ? fit("kubernetes") : null };
}

/** What an attendee of the workshop begins with. */
function profileOf(catalog: Catalog, workshopId: string): Profile {
  return profileToBegin(catalog.findWorkshop(workshopId)?.labs ?? []);
}

/** What the sandboxes room asks about people and cohorts, with the profiles that the catalog names. */
function joinAudience(
  catalog: Catalog,
  cohorts: Cohorts,
): Pick<SandboxesOptions, "findAttendance" | "readDeliveries"> {
  return {
    findAttendance: async (enrollmentId) => {
      const attendance = await cohorts.findAttendance(enrollmentId);
      if (attendance === undefined) return undefined;
      const labs = catalog.findWorkshop(attendance.workshopId)?.labs ?? [];
      const labProfiles = new Map(labs.map(({ labId, profile }) => [labId, profile]));
      const homeworkUntilMs = attendance.homeworkUntil.getTime();
      return { ...attendance, homeworkUntilMs, labProfiles, profile: profileToBegin(labs) };
    },
    readDeliveries: async ({ fromMs, untilMs }) => {
      const delivered = await cohorts.listDelivered({ from: new Date(fromMs), until: new Date(untilMs) });
      return delivered.map(({ workshopId, startsAt, endsAt, seatsLeft, isDemo }) => ({
        ...{ seatsLeft, isDemo, profile: profileOf(catalog, workshopId) },
        ...{ startsAtMs: startsAt.getTime(), endsAtMs: endsAt.getTime() },
      }));
    },
  };
}

function oidcOf({ oidc }: Config) {
  return oidc && { ...oidc, clientSecret: oidc.clientSecret.reveal() };
}

function routesOf(
  { config, log }: WireOptions,
  foundation: Foundation,
  rooms: Rooms,
): WiredPlatform["routes"] {
  const { pool, driver, events, addressOf, isAllowedOrigin } = foundation;
  const router = createAppRouter({
    accounts: rooms.accounts.router,
    cohorts: rooms.cohorts.router,
    grading: rooms.grading.router,
    sandboxes: rooms.sandboxes.router,
    terminals: rooms.terminals.router,
  });
  const { readActor, renewAuthSession } = rooms.accounts.sessions;
  return {
    [RPC_PREFIX]: createRpcHandler({
      ...{ router, readActor, renewAuthSession, addressOf, isAllowedOrigin, events, log },
      publicUrl: config.http.publicUrl,
    }),
    [ASSET_PREFIX]: createAssetHandler({ catalog: foundation.catalog }),
    "/api/auth/": rooms.accounts.authHandler,
    "/api/terminals/": rooms.terminals.handleRequest,
    "/healthz": answerHealth,
    "/readyz": createReadiness([
      { name: "database", isUp: async () => (await pool.query("select 1")).rowCount === 1 },
      { name: "sandbox host", isUp: async () => (await driver.readHeadroom()).cpuCount > 0 },
    ]),
    "/metrics": createMetricsRoute(foundation.metrics, config.metricsToken),
  };
}
