import type { CheckOf } from "../labs/check";
import type {
  ContainerEvidence,
  ImageEvidence,
  ImageFacts,
  NetworkEvidence,
  VolumeEvidence,
} from "./evidence";
import { failed, listOf, passed, type Judgement } from "./judgement";
import { matchWithin } from "./match-within";

const MIB = 1024 * 1024;

export function judgeImage(check: CheckOf<"image">, { image }: ImageEvidence): Judgement<"image"> {
  const name = check.reference;
  if (check.state === "absent") {
    return image === null
      ? passed(`There is no image ${name}.`)
      : failed("present", `The image ${name} is there.`);
  }
  if (image === null) return failed("absent", `There is no image ${name}.`);
  return (
    findImageFault(check, image) ?? passed(`The image ${name} is there, with ${layers(image.layerCount)}.`)
  );
}

function findImageFault(check: CheckOf<"image">, image: ImageFacts): Judgement<"image"> | undefined {
  const {
    reference: name,
    historyMatches,
    layersMin = 0,
    layersMax = Infinity,
    sizeMiBMax = Infinity,
  } = check;
  for (const [key, value] of Object.entries(check.labels ?? {})) {
    if (image.labels[key] === value) continue;
    const found = image.labels[key];
    return failed("wrong-label", `Its label ${key} is ${found === undefined ? "missing" : `"${found}"`}.`);
  }
  if (!isWithin(image.layerCount, layersMin, layersMax)) {
    return failed("wrong-layers", `The image ${name} has ${layers(image.layerCount)}.`);
  }
  if (image.sizeBytes > sizeMiBMax * MIB) {
    return failed("too-large", `The image ${name} has ${Math.ceil(image.sizeBytes / MIB)} MiB.`);
  }
  if (
    historyMatches !== undefined &&
    !image.history.some((line) => matchWithin(historyMatches, line) !== null)
  ) {
    return failed(
      "wrong-history",
      `None of the ${image.history.length} steps that made ${name} is the one asked for.`,
    );
  }
  return undefined;
}

function isWithin(count: number, min: number, max: number): boolean {
  return count >= min && count <= max;
}

export function describeImage(check: CheckOf<"image">): string {
  if (check.state === "absent") return `There is no image ${check.reference}.`;
  const parts = [
    ...Object.entries(check.labels ?? {}).map(([key, value]) => `with the label ${key}=${value}`),
    ...(check.layersMin === undefined ? [] : [`with at least ${layers(check.layersMin)}`]),
    ...(check.layersMax === undefined ? [] : [`with at most ${layers(check.layersMax)}`]),
    ...(check.sizeMiBMax === undefined ? [] : [`of at most ${check.sizeMiBMax} MiB`]),
    ...(check.historyMatches === undefined ? [] : ["made by the Dockerfile that the step describes"]),
  ];
  return `${[`There is an image ${check.reference}`, ...parts].join(", ")}.`;
}

export function judgeNetwork(check: CheckOf<"network">, evidence: NetworkEvidence): Judgement<"network"> {
  const { network, containerNames } = evidence;
  if (check.state === "absent") {
    return network === null
      ? passed(`There is no network ${check.name}.`)
      : failed("present", `The network ${check.name} is there.`);
  }
  if (network === null) return failed("absent", `There is no network ${check.name}.`);
  if (check.driver !== undefined && network.driver !== check.driver) {
    return failed("wrong-driver", `The network ${check.name} has the driver ${network.driver}.`);
  }
  const missing = (check.containers ?? []).filter((name) => !containerNames.includes(name));
  const connected = listOf(containerNames) || "no container";
  if (missing.length > 0) return failed("not-connected", `On the network ${check.name}: ${connected}.`);
  return passed(`The network ${check.name} is there, with ${connected} on it.`);
}

export function describeNetwork(check: CheckOf<"network">): string {
  if (check.state === "absent") return `There is no network ${check.name}.`;
  const driver = check.driver === undefined ? "" : ` with the driver ${check.driver}`;
  const members = listOf(check.containers ?? []);
  return `There is a network ${check.name}${driver}${members === "" ? "" : `, and ${members} on it`}.`;
}

export function judgeVolume(check: CheckOf<"volume">, evidence: VolumeEvidence): Judgement<"volume"> {
  const { isPresent, usedBy } = evidence;
  if (check.state === "absent") {
    return isPresent
      ? failed("present", `The volume ${check.name} is there.`)
      : passed(`There is no volume ${check.name}.`);
  }
  if (!isPresent) return failed("absent", `There is no volume ${check.name}.`);
  const seen = `The volume ${check.name} is there, used by ${listOf(usedBy) || "no container"}.`;
  if (check.usedBy !== undefined && !usedBy.includes(check.usedBy)) return failed("not-used", seen);
  return passed(seen);
}

export function describeVolume(check: CheckOf<"volume">): string {
  if (check.state === "absent") return `There is no volume ${check.name}.`;
  const user = check.usedBy === undefined ? "" : `, mounted in the container ${check.usedBy}`;
  return `There is a volume ${check.name}${user}.`;
}

export function judgeComposeProject(
  check: CheckOf<"composeProject">,
  { containers }: ContainerEvidence,
): Judgement<"composeProject"> {
  const project = containers.filter(({ labels }) => labels["com.docker.compose.project"] === check.project);
  if (project.length === 0) return failed("absent", `There is no compose project ${check.project}.`);
  const counts = check.services.map((service) => {
    const all = project.filter(({ labels }) => labels["com.docker.compose.service"] === service.name);
    const running = all.filter(({ state }) => state === "running").length;
    return { ...service, total: all.length, running };
  });
  const seen = `In the project ${check.project}: ${listOf(
    counts.map(
      ({ name, total, running }) => `${name} ${total === 0 ? "missing" : `running ${running} times`}`,
    ),
  )}.`.replaceAll("running 1 times", "running");
  if (counts.some(({ total }) => total === 0)) return failed("service-absent", seen);
  if (counts.some(({ running }) => running === 0)) return failed("service-not-running", seen);
  if (counts.some(({ running, runningMin }) => running < runningMin)) return failed("wrong-scale", seen);
  return passed(seen);
}

export function describeComposeProject(check: CheckOf<"composeProject">): string {
  const services = check.services.map(({ name, runningMin }) =>
    runningMin === 1 ? name : `${runningMin} of ${name}`,
  );
  return `The compose project ${check.project} is running ${listOf(services)}.`;
}

function layers(count: number): string {
  return count === 1 ? "1 layer" : `${count} layers`;
}
