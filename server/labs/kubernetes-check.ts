import { z } from "zod";
import { parseFieldPath } from "./field-path";

const text = z.string().min(1).max(400);
const scalar = z.union([z.string().max(400), z.number(), z.boolean()]);
const label = z.string().max(63);

/** One condition on one field of a Kubernetes object. */
const fieldSchema = z
  .strictObject({
    /** As in `spec.template.spec.containers[name=web].image`; see `parseFieldPath`. */
    path: text.refine(
      (path) => parseFieldPath(path) !== undefined,
      "is not a path such as spec.containers[0].image",
    ),
    equals: scalar.optional(),
    oneOf: z.array(scalar).min(1).max(20).optional(),
    atLeast: z.number().optional(),
    atMost: z.number().optional(),
    matches: text.refine(isPattern, "is not a regular expression that JavaScript accepts").optional(),
    exists: z.boolean().optional(),
  })
  .refine(
    (field) => Object.keys(field).length > 1,
    "needs `equals`, `oneOf`, `atLeast`, `atMost`, `matches` or `exists`",
  );

/** What a check of the kind `kubernetes` may ask, beside what every check has. Any kind that the cluster serves will do. */
export const kubernetesFields = {
  kind: z.literal("kubernetes"),
  /** As in a manifest: `v1`, `apps/v1`. */
  apiVersion: z
    .string()
    .regex(
      /^([a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?\/)?v\d{1,2}((alpha|beta)\d{1,2})?$/,
      "is not an API version such as apps/v1",
    ),
  /** As in a manifest: `Pod`, `Deployment`. */
  objectKind: z.string().regex(/^[A-Z][A-Za-z0-9]{0,62}$/, "is not a kind such as Deployment"),
  name: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, "is not a name that Kubernetes accepts")
    .optional(),
  /** Labels that it must carry, all of them. */
  labels: z.record(z.string().max(317), label).optional(),
  /** Ignored for kinds that live in no namespace. */
  namespace: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "is not a namespace that Kubernetes accepts")
    .default("default"),
  /** `ready` means what `readinessOf` says of each kind. What is being deleted is neither present nor absent. */
  state: z.enum(["present", "ready", "absent"]).default("present"),
  /** How many have to fit everything that is asked. */
  atLeast: z.int().min(1).max(100).default(1),
  atMost: z.int().min(1).max(100).optional(),
  fields: z.array(fieldSchema).max(20).default([]),
};

/** Reasons for which such a check can fail. The last ones are about the cluster as a whole. */
export const KUBERNETES_REASONS = [
  "absent",
  "present",
  "other-namespace",
  "wrong-label",
  "too-few",
  "too-many",
  "wrong-field",
  "not-ready",
  "no-endpoints",
  "image-pull",
  "crash-loop",
  "unschedulable",
  "unknown-kind",
  "forbidden",
  "cluster-gone",
  "cluster-stopped",
] as const;

export type FieldCondition = z.output<typeof fieldSchema>;

function isPattern(source: string): boolean {
  try {
    new RegExp(source, "m");
    return true;
  } catch {
    return false;
  }
}
