/**
 * Who may import whom: rooms import rooms below them, packages have one home.
 * Everything is an error and there is no baseline file. Do not add `includeOnly`: it hides Node built-ins.
 */
const ROOMS = {
  "server/protocol": [],
  "server/platform": ["server/protocol"],
  "server/labs": ["server/platform", "server/protocol"],
  "server/sandboxes": ["server/platform", "server/protocol"],
  "server/accounts": ["server/platform", "server/protocol"],
  "server/grading": ["server/platform", "server/protocol", "server/labs", "server/sandboxes"],
  "server/terminals": ["server/platform", "server/protocol", "server/sandboxes"],
  "server/previews": ["server/platform", "server/protocol", "server/sandboxes"],
  "server/cohorts": [
    "server/platform",
    "server/protocol",
    "server/accounts",
    "server/labs",
    "server/sandboxes",
    "server/grading",
  ],
};
/** Packages with exactly one home. */
const HOMES = {
  "dockerode|docker-modem": ["server/sandboxes/drivers/docker", "server/grading", "setup"],
  "@kubernetes/client-node": ["server/sandboxes/drivers/kubernetes", "server/grading"],
  "node-pty": ["agent", "server/sandboxes/drivers/process"],
  ws: ["server/terminals", "server/sandboxes", "agent"],
  "pino|prom-client": ["server/platform"],
  "@trpc/server": ["server"],
  "next-auth": ["server/accounts"],
};

const rule = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });
const notTest = "\\.test\\.tsx?$";
const at = (folder) => `^${folder}/`;
const slug = (text) => text.replace(/\W+/g, "-").replace(/^-|-$/g, "");

module.exports = {
  forbidden: [
    rule(
      "no-cycles",
      "A cycle means that two modules are one.",
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    ),
    ...Object.entries(ROOMS).map(([room, below]) =>
      rule(
        `room-${slug(room)}`,
        `${room} may import: ${["itself", ...below].join(", ")}.`,
        { path: at(room), pathNot: notTest },
        { path: "^(server|app|agent|tests|setup)/", pathNot: [room, ...below].map(at) },
      ),
    ),
    ...Object.entries(HOMES).map(([packages, homes]) =>
      rule(
        `home-${slug(packages)}`,
        `${packages} lives in ${homes.join(", ")}.`,
        { pathNot: [...homes.map(at), notTest, "^tests/"] },
        { path: `(^|node_modules/)(${packages})(/|$)` },
      ),
    ),
    rule(
      "stores-stay-home",
      "Another room's store is not yours.",
      { path: "^server/([^/]+)/", pathNot: notTest },
      { path: "^server/[^/]+/.*-store\\.ts$", pathNot: "^server/$1/" },
    ),
    rule(
      "prisma-in-stores",
      "Prisma lives in stores and in platform/database.",
      { pathNot: ["-store\\.ts$", "^server/platform/database", "^prisma/", "^tests/", notTest] },
      { path: "@prisma/|^prisma/generated" },
    ),
    rule(
      "only-wiring-names-drivers",
      "Choosing a driver happens in one file; set-up prepares what the docker driver needs.",
      { pathNot: ["^server/wiring\\.ts$", "^setup/", "^server/sandboxes/drivers/", "^tests/", notTest] },
      { path: "^server/sandboxes/drivers/" },
    ),
    rule(
      "driver-stands-alone",
      "A driver knows the port and its own SDK, not another driver.",
      { path: "^server/sandboxes/drivers/([^/]+)/", pathNot: notTest },
      { path: "^server/sandboxes/drivers/", pathNot: "^server/sandboxes/drivers/$1/" },
    ),
    rule(
      "nobody-imports-the-root",
      "main and wiring are where things start.",
      { pathNot: "^server/main\\.ts$" },
      { path: "^server/(main|wiring)\\.ts$" },
    ),
    rule(
      "app-values-from-protocol",
      "app/ takes values from protocol/ only.",
      { path: "^app/" },
      {
        path: "^(server|agent|setup|tests)/",
        pathNot: "^server/protocol/",
        dependencyTypesNot: ["type-only"],
      },
    ),
    rule(
      "agent-stands-alone",
      "The agent shares the protocol with the server and nothing else.",
      { path: "^agent/", pathNot: notTest },
      { path: "^(server|app|setup|tests)/", pathNot: "^server/protocol/" },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
  },
};
