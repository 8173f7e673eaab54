import type { CheckOf } from "../labs/check";
import type { ContainerEvidence, ContainerFacts } from "./evidence";
import { normalizeReference } from "./image-reference";
import { failed, listOf, passed, type Judgement } from "./judgement";

type ContainerCheck = CheckOf<"container">;
type ContainerJudgement = Judgement<"container">;

/** A way in which a container is not what the check asks. */
type Mismatch = (check: ContainerCheck, facts: ContainerFacts) => ContainerJudgement | undefined;

/** Judges whether enough of the sandbox's containers fit everything that the check asks of one. */
export function judgeContainer(check: ContainerCheck, evidence: ContainerEvidence): ContainerJudgement {
  const candidates = evidence.containers.filter((facts) => isSelected(check, facts, evidence.imageIds));
  if (check.state === "absent") {
    const [first] = candidates;
    return first === undefined ? passed(nothingSeen(check)) : failed("present", `${seenOf(first)}.`);
  }
  if (check.state === "has-run") return judgeHasRun(check, { candidates, evidence });
  const [first] = candidates;
  if (first === undefined) return failed("absent", nothingSeen(check));
  const judged = candidates.map((facts) => ({ facts, ...mismatchOf(check, facts) }));
  const fitting = judged.filter(({ mismatch }) => mismatch === undefined);
  if (fitting.length >= check.atLeast) {
    return passed(`${listOf(fitting.map(({ facts }) => seenOf(facts)))}.`);
  }
  // The one that fits longest is the one that the attendee is working on.
  const best = judged.reduce((a, b) => (b.depth > a.depth ? b : a));
  if (best.mismatch !== undefined && fitting.length === 0) return best.mismatch;
  return failed("too-few", `${fitting.length} of the ${check.atLeast} containers asked for.`);
}

/** The sentence that says what is asked. */
export function describeContainer(check: ContainerCheck): string {
  const subject = subjectOf(check);
  if (check.state === "absent") return `There is no ${subject}.`;
  if (check.state === "has-run") return `A ${subject} has run.`;
  const parts = demandsOf(check);
  const state = check.state === "exists" ? "exists" : `is ${STATE_WORDS[check.state]}`;
  const head =
    check.atLeast === 1
      ? `A ${subject} ${state}`
      : `At least ${check.atLeast} containers (${subject}) are ${state}`;
  return `${[head, ...parts].join(", ")}.`;
}

function demandsOf(check: ContainerCheck): string[] {
  const { name, image, exitCode, memoryMiB, cpus, network } = check;
  return [
    ...(name !== undefined && image !== undefined ? [`made from ${image}`] : []),
    ...(exitCode === undefined ? [] : [`ended with exit code ${exitCode}`]),
    ...(memoryMiB === undefined ? [] : [`with a memory limit of ${memoryMiB} MiB`]),
    ...(cpus === undefined ? [] : [`with a limit of ${cpus} CPUs`]),
    ...Object.entries(check.env ?? {}).map(([key, value]) => `with ${key}=${value} in its environment`),
    ...(check.mounts ?? []).map(
      (mount) => `with ${mount.source ?? `a ${mount.type ?? "mount"}`} at ${mount.target}`,
    ),
    ...(check.ports ?? []).map((port) => describePort(port)),
    ...(network === undefined ? [] : [`on the network ${network}`]),
    ...(check.outOfMemory === true ? ["ended by the kernel because it wanted too much memory"] : []),
  ];
}

const STATE_WORDS = {
  created: "created but not started",
  running: "running",
  paused: "paused",
  exited: "stopped",
  restarting: "restarting",
  removing: "being removed",
  dead: "dead",
} as const;

function judgeHasRun(
  check: ContainerCheck,
  found: { readonly candidates: readonly ContainerFacts[]; readonly evidence: ContainerEvidence },
): ContainerJudgement {
  const ran = found.candidates.find((facts) => facts.hasStarted);
  if (ran !== undefined) return passed(`${seenOf(ran)}.`);
  const wanted = check.image === undefined ? undefined : normalizeReference(check.image);
  if (found.evidence.startedImages.some((image) => normalizeReference(image) === wanted)) {
    return passed(`A container from ${check.image ?? ""} has run and is gone again.`);
  }
  const [first] = found.candidates;
  return first === undefined
    ? failed("absent", nothingSeen(check))
    : failed("never-ran", `${seenOf(first)}.`);
}

function isSelected(check: ContainerCheck, facts: ContainerFacts, imageIds: readonly string[]): boolean {
  if (check.name !== undefined) return facts.name === check.name;
  if (check.label !== undefined && !hasLabel(facts, check.label)) return false;
  return check.image === undefined || isFrom(facts, check.image, imageIds);
}

function hasLabel(facts: ContainerFacts, label: string): boolean {
  const [key = "", value] = label.split(/=(.*)/s);
  return value === undefined ? Object.hasOwn(facts.labels, key) : facts.labels[key] === value;
}

function isFrom(facts: ContainerFacts, image: string, imageIds: readonly string[]): boolean {
  return normalizeReference(facts.image) === normalizeReference(image) || imageIds.includes(facts.imageId);
}

/** The first mismatch, and how many demands were met before it. */
function mismatchOf(
  check: ContainerCheck,
  facts: ContainerFacts,
): { readonly depth: number; readonly mismatch: ContainerJudgement | undefined } {
  for (const [depth, find] of MISMATCHES.entries()) {
    const mismatch = find(check, facts);
    if (mismatch !== undefined) return { depth, mismatch };
  }
  return { depth: MISMATCHES.length, mismatch: undefined };
}

const MISMATCHES: readonly Mismatch[] = [
  (check, facts) =>
    check.name !== undefined &&
    check.image !== undefined &&
    normalizeReference(facts.image) !== normalizeReference(check.image)
      ? failed("wrong-image", `${seenOf(facts)}, made from ${facts.image}.`)
      : undefined,
  (check, facts) =>
    check.state === "exists" || facts.state === check.state
      ? undefined
      : failed("wrong-state", `${seenOf(facts)}.`),
  (check, facts) =>
    check.exitCode === undefined || (facts.hasStarted && facts.exitCode === check.exitCode)
      ? undefined
      : failed("wrong-exit-code", `${seenOf(facts)}.`),
  (check, facts) =>
    check.memoryMiB === undefined || facts.memoryBytes === check.memoryMiB * 1024 * 1024
      ? undefined
      : failed(
          "wrong-memory",
          `${nameOf(facts)} has ${limitOf(facts.memoryBytes / 1024 / 1024, "MiB of memory")}.`,
        ),
  (check, facts) =>
    check.cpus === undefined || Math.abs(facts.cpus - check.cpus) < 0.001
      ? undefined
      : failed("wrong-cpus", `${nameOf(facts)} has ${limitOf(facts.cpus, "CPUs")}.`),
  findWrongEnv,
  findWrongMount,
  findWrongPort,
  (check, facts) =>
    check.network === undefined || facts.networks.includes(check.network)
      ? undefined
      : failed("wrong-network", `${nameOf(facts)} is on ${listOf(facts.networks) || "no network"}.`),
  (check, facts) =>
    check.outOfMemory !== true || facts.wasOutOfMemory
      ? undefined
      : failed("not-out-of-memory", `${seenOf(facts)}; the kernel did not end it for want of memory.`),
];

function findWrongEnv(check: ContainerCheck, facts: ContainerFacts): ContainerJudgement | undefined {
  for (const [key, value] of Object.entries(check.env ?? {})) {
    if (facts.env.includes(`${key}=${value}`)) continue;
    const found = facts.env.find((each) => each.startsWith(`${key}=`));
    return failed("wrong-env", `${nameOf(facts)} has ${found ?? `no ${key}`} in its environment.`);
  }
  return undefined;
}

function findWrongMount(check: ContainerCheck, facts: ContainerFacts): ContainerJudgement | undefined {
  for (const wanted of check.mounts ?? []) {
    const fits = facts.mounts.some(
      (mount) =>
        mount.target === wanted.target &&
        (wanted.type === undefined || mount.type === wanted.type) &&
        (wanted.source === undefined || mount.source === wanted.source),
    );
    if (fits) continue;
    const seen = facts.mounts.map((mount) => `${mount.source || `a ${mount.type}`} at ${mount.target}`);
    return failed("wrong-mount", `${nameOf(facts)} has ${listOf(seen) || "nothing mounted"}.`);
  }
  return undefined;
}

function findWrongPort(check: ContainerCheck, facts: ContainerFacts): ContainerJudgement | undefined {
  for (const wanted of check.ports ?? []) {
    const fits = facts.ports.some(
      (port) =>
        port.container === wanted.container && (wanted.host === undefined || port.host === wanted.host),
    );
    if (fits) continue;
    const published = facts.ports.filter((port) => port.host !== null);
    const seen = published.map((port) => `${port.container} on ${port.host ?? ""}`);
    return failed("wrong-port", `${nameOf(facts)} publishes ${listOf(seen) || "no port"}.`);
  }
  return undefined;
}

function describePort(port: { readonly container: number; readonly host?: number | undefined }): string {
  return port.host === undefined
    ? `with its port ${port.container} open`
    : `with its port ${port.container} published on ${port.host}`;
}

function subjectOf(check: ContainerCheck): string {
  if (check.name !== undefined) return `container named ${check.name}`;
  const parts = [
    ...(check.image === undefined ? [] : [`from the image ${check.image}`]),
    ...(check.label === undefined ? [] : [`with the label ${check.label}`]),
  ];
  return `container ${parts.join(" ")}`;
}

function nothingSeen(check: ContainerCheck): string {
  return `There is no ${subjectOf(check)}.`;
}

function nameOf(facts: ContainerFacts): string {
  return `Container ${facts.name}`;
}

function seenOf(facts: ContainerFacts): string {
  const end = facts.state === "exited" || facts.state === "dead" ? ` with exit code ${facts.exitCode}` : "";
  return `${nameOf(facts)} is ${STATE_WORDS[facts.state]}${end}`;
}

function limitOf(amount: number, unit: string): string {
  return amount === 0
    ? `no limit of ${unit.replace(/^MiB of /, "")}`
    : `a limit of ${Number(amount.toFixed(2))} ${unit}`;
}
