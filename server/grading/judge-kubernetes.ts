import type { CheckOf } from "../labs/check";
import { readinessOf } from "./cluster-readiness";
import { findTrouble, lastWarning, nearMissOf } from "./cluster-troubles";
import { nameOf, nounOf, subjectOf } from "./describe-kubernetes";
import type { ClusterObject, KubernetesEvidence } from "./evidence";
import { judgeCluster } from "./judge-cluster";
import { findWrongField } from "./judge-field";
import { judgeMissing } from "./judge-missing-object";
import { failed, listOf, passed, type Judgement } from "./judgement";
import { carries, selectorText } from "./object-fields";

type KubernetesCheck = CheckOf<"kubernetes">;
type KubernetesJudgement = Judgement<"kubernetes">;

/** Judges whether enough of a cluster's objects fit everything that the check asks of one. */
export function judgeKubernetes(check: KubernetesCheck, evidence: KubernetesEvidence): KubernetesJudgement {
  const { cluster, selected } = evidence;
  if (cluster.state !== "up") return judgeCluster(cluster);
  const [first] = selected;
  if (check.state === "absent") return judgeAbsence(check, first);
  if (!evidence.isKindServed) {
    return failed("unknown-kind", `Your cluster knows no ${check.objectKind} in ${check.apiVersion}.`);
  }
  const live = selected.filter(({ isBeingDeleted }) => !isBeingDeleted);
  if (live.length === 0)
    return first === undefined ? judgeMissing(check, evidence) : beingDeleted(check, first);
  return judgePresent(check, live, evidence);
}

function judgeAbsence(check: KubernetesCheck, found: ClusterObject | undefined): KubernetesJudgement {
  if (found === undefined) return passed(`There is no ${subjectOf(check)}.`);
  const state = found.isBeingDeleted ? "is being deleted and not gone yet" : "is there";
  return failed("present", `${nameOf(check, found)} ${state}.`);
}

function beingDeleted(check: KubernetesCheck, object: ClusterObject): KubernetesJudgement {
  return failed("absent", `${nameOf(check, object)} is being deleted.`);
}

interface Judged {
  readonly object: ClusterObject;
  /** How many demands were met before the first that was not. */
  readonly depth: number;
  readonly mismatch: KubernetesJudgement | undefined;
}

function judgePresent(
  check: KubernetesCheck,
  live: readonly ClusterObject[],
  evidence: KubernetesEvidence,
): KubernetesJudgement {
  const judged = live.map((object) => judgeObject(check, object, evidence));
  const fitting = judged.filter(({ mismatch }) => mismatch === undefined);
  const noun = nounOf(check);
  if (check.atMost !== undefined && fitting.length > check.atMost) {
    return failed("too-many", `${fitting.length} fit, and at most ${check.atMost} should (${noun}).`);
  }
  if (fitting.length >= check.atLeast) {
    const sentences = fitting.slice(0, 5).map(({ object }) => seenOf(check, object, evidence));
    const more = fitting.length - sentences.length;
    return passed(`${listOf([...sentences, ...(more > 0 ? [`${more} more`] : [])])}.`);
  }
  // The one that fits longest is the one that the attendee is working on.
  const worst = judged.filter(({ mismatch }) => mismatch !== undefined);
  const best = worst.reduce<Judged | undefined>(
    (a, b) => (a === undefined || b.depth > a.depth ? b : a),
    undefined,
  );
  if (best?.mismatch !== undefined && (fitting.length === 0 || best.mismatch.isFinal === true))
    return best.mismatch;
  const hint = best?.mismatch === undefined ? {} : { hint: best.mismatch.seen };
  return {
    ...failed<"kubernetes">("too-few", `${fitting.length} of the ${check.atLeast} asked for (${noun}).`),
    ...hint,
  };
}

function judgeObject(check: KubernetesCheck, object: ClusterObject, evidence: KubernetesEvidence): Judged {
  const demands = [findWrongLabel, findWrongFieldOf, findUnreadiness];
  for (const [depth, find] of demands.entries()) {
    const mismatch = find(check, object, evidence);
    if (mismatch !== undefined) return { object, depth, mismatch };
  }
  return { object, depth: demands.length, mismatch: undefined };
}

function findWrongLabel(check: KubernetesCheck, object: ClusterObject): KubernetesJudgement | undefined {
  const wanted = check.labels ?? {};
  if (carries(object.labels, wanted)) return undefined;
  const near = nearMissOf(object.labels, wanted);
  return {
    ...failed<"kubernetes">(
      "wrong-label",
      near === undefined
        ? `${nameOf(check, object)} is there, without the label.`
        : `${nameOf(check, object)} is there, but its label is ${near}.`,
    ),
    hint: `What is asked for is ${selectorText(wanted)}.`,
  };
}

function findWrongFieldOf(check: KubernetesCheck, object: ClusterObject): KubernetesJudgement | undefined {
  const wrong = findWrongField(check.fields, object.body);
  if (wrong === undefined) return undefined;
  const judgement = failed<"kubernetes">("wrong-field", `${nameOf(check, object)} ${wrong.seen}.`);
  return wrong.hint === undefined ? judgement : { ...judgement, hint: wrong.hint };
}

function findUnreadiness(
  check: KubernetesCheck,
  object: ClusterObject,
  evidence: KubernetesEvidence,
): KubernetesJudgement | undefined {
  if (check.state !== "ready") return undefined;
  const readiness = readinessOf(check.objectKind, object, evidence);
  if (readiness.isReady) return undefined;
  const seen = `${nameOf(check, object)} ${readiness.seen}.`;
  const trouble = findTrouble(check.objectKind, object, evidence);
  if (trouble !== undefined) {
    const isAboutItsPods = check.objectKind !== "Pod" && trouble.reason !== "no-endpoints";
    return isAboutItsPods ? { ...trouble, seen: `${seen} ${trouble.seen}` } : trouble;
  }
  const warning = lastWarning(check.objectKind, object, evidence);
  const judgement = failed<"kubernetes">("not-ready", seen);
  return warning === undefined ? judgement : { ...judgement, hint: warning };
}

function seenOf(check: KubernetesCheck, object: ClusterObject, evidence: KubernetesEvidence): string {
  const { seen } =
    check.state === "ready" ? readinessOf(check.objectKind, object, evidence) : { seen: "is there" };
  return `${nameOf(check, object)} ${seen}`;
}
