import type { CheckOf } from "../labs/check";
import { nearMissOf } from "./cluster-troubles";
import { nameOf, subjectOf } from "./describe-kubernetes";
import type { KubernetesEvidence } from "./evidence";
import { failed, type Judgement } from "./judgement";
import { selectorText } from "./object-fields";

type KubernetesCheck = CheckOf<"kubernetes">;
type KubernetesJudgement = Judgement<"kubernetes">;

/** Says what is there instead of what is asked for: one in another namespace, with another label, of almost that name. */
export function judgeMissing(check: KubernetesCheck, evidence: KubernetesEvidence): KubernetesJudgement {
  const [elsewhere] = evidence.otherNamespaces;
  if (elsewhere !== undefined) {
    const subject = subjectOf({ ...check, namespace: "default" });
    return {
      ...failed<"kubernetes">(
        "other-namespace",
        `There is a ${subject} in the namespace ${elsewhere}, and none in ${check.namespace}.`,
      ),
      hint: `Make it in ${check.namespace}, with --namespace ${check.namespace} or in its metadata.`,
    };
  }
  const nothing = `There is no ${subjectOf(check)}`;
  return check.name === undefined
    ? missingByLabels(check, evidence.others, nothing)
    : missingByName(check.name, evidence.others, nothing);
}

function missingByLabels(
  check: KubernetesCheck,
  others: KubernetesEvidence["others"],
  nothing: string,
): KubernetesJudgement {
  const wanted = check.labels ?? {};
  for (const other of others) {
    const near = nearMissOf(other.labels, wanted);
    if (near !== undefined) {
      return {
        ...failed<"kubernetes">("wrong-label", `${nameOf(check, other)} is there, but its label is ${near}.`),
        hint: `What is asked for is ${selectorText(wanted)}.`,
      };
    }
  }
  return failed("absent", `${nothing}.`);
}

function missingByName(
  name: string,
  others: KubernetesEvidence["others"],
  nothing: string,
): KubernetesJudgement {
  const near = others.find((other) => isAlmost(other.name, name));
  if (near === undefined) return failed("absent", `${nothing}.`);
  return {
    ...failed<"kubernetes">("absent", `${nothing}; there is one called ${near.name}.`),
    hint: `The name has to be ${name}, letter by letter.`,
  };
}

/** True for names that differ by one or two typing mistakes, or of which one begins with the other. */
function isAlmost(found: string, wanted: string): boolean {
  if (found.startsWith(wanted) || wanted.startsWith(found)) return true;
  return Math.abs(found.length - wanted.length) <= 2 && distanceOf(found, wanted) <= 2;
}

/** Letters to change, add or leave out until one is the other. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const change = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
