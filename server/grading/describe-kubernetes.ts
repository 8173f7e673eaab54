import type { CheckOf } from "../labs/check";
import type { ClusterObject } from "./evidence";
import { describeCondition } from "./judge-field";
import { selectorText } from "./object-fields";

type KubernetesCheck = CheckOf<"kubernetes">;

/** The sentence that says what is asked. */
export function describeKubernetes(check: KubernetesCheck): string {
  const subject = subjectOf(check);
  if (check.state === "absent") return `There is no ${subject}.`;
  const labels = check.name === undefined || check.labels === undefined ? [] : [check.labels];
  const parts = [
    ...labels.map((wanted) => `with the label ${selectorText(wanted)}`),
    ...check.fields.map(describeCondition),
  ];
  const amount = describeAmount(check);
  const ready = check.state === "ready" ? "ready" : "there";
  const head = amount === undefined ? `The ${subject} is ${ready}` : `${amount} of ${subject} are ${ready}`;
  return `${[head, ...parts].join(", ")}.`;
}

/** Objects of a kind are called as in a manifest, in lower case: `pod`, `persistentvolumeclaim`. */
export function nounOf({ objectKind }: KubernetesCheck): string {
  return objectKind.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}

/** `pod with the label app=web in the namespace shop`. */
export function subjectOf(check: KubernetesCheck): string {
  const by = check.name === undefined ? `with the label ${selectorText(check.labels ?? {})}` : check.name;
  const where = check.namespace === "default" ? "" : ` in the namespace ${check.namespace}`;
  return `${nounOf(check)} ${by}${where}`;
}

function describeAmount({ atLeast, atMost }: KubernetesCheck): string | undefined {
  if (atMost === undefined) return atLeast === 1 ? undefined : `At least ${atLeast}`;
  if (atMost === atLeast) return `Exactly ${atLeast}`;
  return `Between ${atLeast} and ${atMost}`;
}

/** `Pod web-1`: how a sentence about an object begins. */
export function nameOf(check: KubernetesCheck, { name }: Pick<ClusterObject, "name">): string {
  const noun = nounOf(check);
  return `${noun.charAt(0).toUpperCase()}${noun.slice(1)} ${name}`;
}
