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
import { describeFile, describeHttp, judgeCommand, judgeFile, judgeHttp } from "./judge-reading";
import type { Judgement } from "./judgement";

/**
 * The verdict on one check from what was collected for it. Same input, same answer. Missing evidence is `errored`; a secret
 * check says neither what was expected nor what was seen, except in its author's words.
 */
export function judgeCheck(check: Check, collected: Collected): CheckResult {
  const head = { checkId: check.id, title: check.title, expected: check.expected ?? describeCheck(check) };
  const judgement = collected.ok ? judge(check, collected.evidence) : undefined;
  if (!collected.ok || judgement === undefined) {
    const trouble = collected.ok ? "malformed" : collected.trouble;
    return {
      ...head,
      verdict: "errored",
      seen: TROUBLE_SENTENCES[trouble],
      hint: null,
      evidence: { trouble },
    };
  }
  const { isPassed, reason } = judgement;
  return {
    ...head,
    verdict: isPassed ? "passed" : "failed",
    seen: check.secret ? secretSeen(isPassed) : judgement.seen,
    hint: check.hints.find(({ when }) => when === reason)?.say ?? null,
    evidence: { reason, ...collected.evidence },
  };
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
  }
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
} as const satisfies {
  readonly [Kind in CheckKind]: (
    check: CheckOf<Kind>,
    evidence: Extract<Evidence, { kind: (typeof EVIDENCE_KINDS)[Kind] }>,
  ) => Judgement<Kind>;
};
