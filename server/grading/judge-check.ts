import type { Check, CheckKind, CheckOf } from "../labs/check";
import type { CheckResult } from "./attempt";
import { TROUBLE_SENTENCES, type Collected, type Evidence } from "./evidence";
import { describeContainer, judgeContainer } from "./judge-container";
import {
  describeComposeProject,
  describeImage,
  describeNetwork,
  describeVolume,
  judgeComposeProject,
  judgeImage,
  judgeNetwork,
  judgeVolume,
} from "./judge-engine-object";
import { describeKubernetes } from "./describe-kubernetes";
import { judgeKubernetes } from "./judge-kubernetes";
import { describeFile, describeHttp, judgeCommand, judgeFile, judgeHttp } from "./judge-reading";
import { excerptOf, type Judgement } from "./judgement";

/** Names of the sandbox stand in it: it is cut, and freed of what a terminal or a page would take for more than text. */
const SENTENCE_LENGTH_MAX = 1_000;

/** A result, and whether looking again would be in vain. */
export interface JudgedCheck {
  readonly result: CheckResult;
  readonly isFinal: boolean;
}

/**
 * The verdict on one check from what was collected for it. Same input, same answer. Missing evidence is `errored`; a secret
 * check says neither what was expected nor what was seen, except in its author's words.
 */
export function judgeCheck(check: Check, collected: Collected): CheckResult {
  return judgeOnce(check, collected).result;
}

/** As `judgeCheck`, for those who may look again. */
export function judgeOnce(check: Check, collected: Collected): JudgedCheck {
  const head = { checkId: check.id, title: check.title, expected: check.expected ?? describeCheck(check) };
  const judgement = collected.ok ? judge(check, collected.evidence) : undefined;
  if (!collected.ok || judgement === undefined) {
    const trouble = collected.ok ? "malformed" : collected.trouble;
    const seen = TROUBLE_SENTENCES[trouble];
    return {
      result: { ...head, verdict: "errored", seen, hint: null, evidence: { trouble } },
      isFinal: false,
    };
  }
  const { isPassed, reason, isFinal = false } = judgement;
  const result: CheckResult = {
    ...head,
    verdict: isPassed ? "passed" : "failed",
    seen: check.secret ? secretSeen(isPassed) : excerptOf(judgement.seen, SENTENCE_LENGTH_MAX),
    hint: hintFor(check, judgement),
    evidence: { reason, ...collected.evidence },
  };
  return { result, isFinal };
}

/** What is expected, as a sentence, of a check whose author gave none. */
export function describeCheck(check: Check): string {
  switch (check.kind) {
    case "container":
      return describeContainer(check);
    case "image":
      return describeImage(check);
    case "network":
      return describeNetwork(check);
    case "volume":
      return describeVolume(check);
    case "composeProject":
      return describeComposeProject(check);
    case "http":
      return describeHttp(check);
    case "file":
      return describeFile(check);
    case "command":
      return check.title;
    case "kubernetes":
      return describeKubernetes(check);
  }
}

/** The author knows the step; what was derived from the sandbox would give a secret away. */
function hintFor(check: Check, { reason, hint }: Judgement): string | null {
  const authored = check.hints.find(({ when }) => when === reason)?.say;
  return authored ?? (check.secret || hint === undefined ? null : excerptOf(hint, SENTENCE_LENGTH_MAX));
}

function secretSeen(isPassed: boolean): string {
  return isPassed ? "That is so." : "That is not so yet.";
}

/** Undefined when the evidence is of another kind than the check: a mistake of ours. */
function judge(check: Check, evidence: Evidence): Judgement | undefined {
  return evidence.kind === EVIDENCE_KINDS[check.kind]
    ? JUDGES[check.kind](check as never, evidence as never)
    : undefined;
}

const EVIDENCE_KINDS = {
  container: "containers",
  composeProject: "containers",
  image: "image",
  network: "network",
  volume: "volume",
  http: "http",
  file: "file",
  command: "command",
  kubernetes: "kubernetes",
} as const satisfies Record<CheckKind, Evidence["kind"]>;

const JUDGES = {
  container: judgeContainer,
  composeProject: judgeComposeProject,
  image: judgeImage,
  network: judgeNetwork,
  volume: judgeVolume,
  http: judgeHttp,
  file: judgeFile,
  command: judgeCommand,
  kubernetes: judgeKubernetes,
} as const satisfies {
  readonly [Kind in CheckKind]: (
    check: CheckOf<Kind>,
    evidence: Extract<Evidence, { kind: (typeof EVIDENCE_KINDS)[Kind] }>,
  ) => Judgement<Kind>;
};
