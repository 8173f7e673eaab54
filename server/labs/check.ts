import { z } from "zod";
import { slugSchema } from "../protocol/inputs";
import { KUBERNETES_REASONS, kubernetesFields } from "./kubernetes-check";

/**
 * What an author may write under `checks:` in lab.yaml. A check judges one thing; it reads, never changes, and gives the
 * same verdict twice. The expected values below never leave the server: attendees get sentences.
 */

const text = z.string().min(1).max(400);
const pattern = z
  .string()
  .min(1)
  .max(400)
  .refine(isRegularExpression, "is not a regular expression that JavaScript accepts");
const dockerName = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/, "is not a name that Docker accepts");
export const imageReference = z
  .string()
  .regex(/^[a-z0-9][a-zA-Z0-9_.:/@-]{0,254}$/, "is not an image name that Docker accepts");
const absolutePath = z
  .string()
  .max(400)
  .regex(/^(\/|~\/)[^\0]*$/, "must be absolute or begin with ~/");
const port = z.int().min(1).max(65_535);
const count = z.int().min(0).max(1_000);

/** Reasons for which each kind of check can fail: what a state-derived hint may be tied to. */
export const REASONS = {
  container: [
    "absent",
    "present",
    "wrong-image",
    "wrong-state",
    "wrong-exit-code",
    "too-few",
    "wrong-memory",
    "wrong-cpus",
    "wrong-env",
    "wrong-mount",
    "wrong-port",
    "wrong-network",
    "not-out-of-memory",
    "never-ran",
  ],
  image: ["absent", "present", "wrong-label", "wrong-layers", "wrong-history", "too-large"],
  network: ["absent", "present", "wrong-driver", "not-connected"],
  volume: ["absent", "present", "not-used"],
  composeProject: ["absent", "service-absent", "service-not-running", "wrong-scale"],
  http: ["no-answer", "wrong-status", "wrong-body", "counter-stands-still"],
  file: ["absent", "present", "not-a-file", "wrong-content", "wrong-mode"],
  command: ["wrong-exit-code", "wrong-output", "timed-out"],
  kubernetes: KUBERNETES_REASONS,
} as const;

const hintsFor = <const Reason extends readonly [string, ...string[]]>(reasons: Reason) =>
  z
    .array(z.strictObject({ when: z.enum(reasons), say: text }))
    .max(20)
    .default([]);

const shared = {
  id: slugSchema,
  title: text,
  /** Sentence shown instead of the one made from the check; needed when the check is secret. */
  expected: text.optional(),
  /** True when what is expected would give the answer away. */
  secret: z.boolean().default(false),
  /** How long a press of the button waits for the check to come true. By default it says what is so now: a step ticks itself off. */
  waitSeconds: z.number().min(0).max(30).default(0),
};

const containerSchema = z.strictObject({
  ...shared,
  kind: z.literal("container"),
  name: dockerName.optional(),
  image: imageReference.optional(),
  /** `key` or `key=value`. */
  label: text.optional(),
  /** `has-run` also counts containers that are gone again, as far back as the engine remembers. */
  state: z.enum(["exists", "created", "running", "paused", "exited", "absent", "has-run"]).default("exists"),
  exitCode: z.int().min(0).max(255).optional(),
  /** How many containers have to fit everything that is asked. */
  atLeast: z.int().min(1).max(20).default(1),
  memoryMiB: z.int().min(1).max(1_048_576).optional(),
  cpus: z.number().min(0.01).max(512).optional(),
  env: z.record(z.string().max(100), z.string().max(400)).optional(),
  mounts: z
    .array(
      z.strictObject({
        type: z.enum(["volume", "bind"]).optional(),
        /** A volume's name, or a folder of the sandbox. */
        source: text.optional(),
        target: absolutePath,
      }),
    )
    .max(10)
    .optional(),
  ports: z
    .array(z.strictObject({ container: port, host: port.optional() }))
    .max(10)
    .optional(),
  network: dockerName.optional(),
  /** True when the kernel must have ended it for want of memory. */
  outOfMemory: z.literal(true).optional(),
  hints: hintsFor(REASONS.container),
});

const imageSchema = z.strictObject({
  ...shared,
  kind: z.literal("image"),
  reference: imageReference,
  state: z.enum(["present", "absent"]).default("present"),
  labels: z.record(z.string().max(200), z.string().max(400)).optional(),
  layersMin: count.optional(),
  layersMax: count.optional(),
  historyMatches: pattern.optional(),
  sizeMiBMax: z.number().min(0.01).max(100_000).optional(),
  hints: hintsFor(REASONS.image),
});

const networkSchema = z.strictObject({
  ...shared,
  kind: z.literal("network"),
  name: dockerName,
  state: z.enum(["present", "absent"]).default("present"),
  driver: z.enum(["bridge", "host", "none", "macvlan", "ipvlan", "overlay"]).optional(),
  /** Names of containers that must be connected to it. */
  containers: z.array(dockerName).max(20).optional(),
  hints: hintsFor(REASONS.network),
});

const volumeSchema = z.strictObject({
  ...shared,
  kind: z.literal("volume"),
  name: dockerName,
  state: z.enum(["present", "absent"]).default("present"),
  /** Name of a container that must have it mounted. */
  usedBy: dockerName.optional(),
  hints: hintsFor(REASONS.volume),
});

const composeProjectSchema = z.strictObject({
  ...shared,
  kind: z.literal("composeProject"),
  project: dockerName,
  services: z
    .array(
      z.strictObject({
        name: dockerName,
        /** How many of its containers must be running. */
        runningMin: z.int().min(1).max(20).default(1),
      }),
    )
    .min(1)
    .max(20),
  hints: hintsFor(REASONS.composeProject),
});

const httpSchema = z.strictObject({
  ...shared,
  kind: z.literal("http"),
  /** Of the sandbox's own loopback: a published port. */
  port,
  method: z.enum(["GET", "HEAD"]).default("GET"),
  path: z
    .string()
    .regex(/^\/[\x21-\x7e]*$/, "must begin with / and hold no spaces")
    .max(400)
    .default("/"),
  status: z.int().min(100).max(599).default(200),
  bodyContains: text.optional(),
  bodyMatches: pattern.optional(),
  /**
   * Asks twice: the number that this pattern's first group finds must have grown in between. Harder to fake than a body.
   */
  counterPattern: pattern.optional(),
  hints: hintsFor(REASONS.http),
});

const fileSchema = z.strictObject({
  ...shared,
  kind: z.literal("file"),
  path: absolutePath,
  state: z.enum(["present", "absent"]).default("present"),
  contains: text.optional(),
  matches: pattern.optional(),
  /** Octal text, as `chmod` takes it. */
  mode: z
    .string()
    .regex(/^[0-7]{3,4}$/, 'must be octal, such as "755"')
    .optional(),
  hints: hintsFor(REASONS.file),
});

const commandSchema = z.strictObject({
  ...shared,
  kind: z.literal("command"),
  /** Given to bash on standard input, so that its text never rests in the sandbox. */
  run: z.string().min(1).max(8_000),
  user: z.enum(["attendee", "root"]).default("attendee"),
  timeoutSeconds: z.number().min(1).max(10).default(5),
  exitCode: z.int().min(0).max(255).default(0),
  outputContains: text.optional(),
  outputMatches: pattern.optional(),
  hints: hintsFor(REASONS.command),
});

const kubernetesSchema = z.strictObject({
  ...shared,
  ...kubernetesFields,
  hints: hintsFor(REASONS.kubernetes),
});

/** One check as an author writes it. */
export const checkSchema = z
  .discriminatedUnion("kind", [
    containerSchema,
    imageSchema,
    networkSchema,
    volumeSchema,
    composeProjectSchema,
    httpSchema,
    fileSchema,
    commandSchema,
    kubernetesSchema,
  ])
  .superRefine((check, context) => {
    for (const { key, message } of findContradictions(check)) {
      context.addIssue({ code: "custom", path: [key], message });
    }
  });

export type Check = z.output<typeof checkSchema>;
export type CheckKind = Check["kind"];
export type CheckOf<Kind extends CheckKind> = Extract<Check, { kind: Kind }>;
export type Reason<Kind extends CheckKind = CheckKind> = (typeof REASONS)[Kind][number];

/** What no single key can be blamed for. */
function findContradictions(check: Check): readonly { readonly key: string; readonly message: string }[] {
  const problems = [
    {
      is: check.secret && check.expected === undefined,
      key: "secret",
      message: "a secret check needs `expected`",
    },
    {
      is: check.kind === "command" && check.expected === undefined,
      key: "run",
      message: "a command check needs `expected`",
    },
    {
      is: check.kind === "container" && (check.name ?? check.image ?? check.label) === undefined,
      key: "kind",
      message: "needs `name`, `image` or `label`",
    },
    {
      is: check.kind === "kubernetes" && (check.name ?? check.labels) === undefined,
      key: "kind",
      message: "needs `name` or `labels`",
    },
    {
      is: check.kind === "kubernetes" && (check.atMost ?? Infinity) < check.atLeast,
      key: "atMost",
      message: "is less than `atLeast`",
    },
    {
      is: check.kind === "http" && check.counterPattern?.includes("(") === false,
      key: "counterPattern",
      message: "needs a group, such as (\\d+)",
    },
  ];
  return problems.filter(({ is }) => is);
}

function isRegularExpression(source: string): boolean {
  try {
    new RegExp(source, "m");
    return true;
  } catch {
    return false;
  }
}
