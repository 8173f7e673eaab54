import { PROFILES, type Profile } from "../../../protocol";

/**
 * A prepared volume that new sandboxes of a profile begin as a copy of: the inner engine with the node image and a cluster that was
 * created once and stopped. It fits one sandbox image only, because the rest of its files lie over that image's.
 */
export interface ClusterTemplate {
  readonly profile: Profile;
  /** Id of the sandbox image, shortened. */
  readonly imageKey: string;
  /** Hash of everything else that it is made from. */
  readonly contentKey: string;
}

const TEMPLATE_NAME = /^([a-z-]+)\.([0-9a-f]{12})\.([0-9a-f]{12})$/;

/** The volume's name. */
export function templateName({ profile, imageKey, contentKey }: ClusterTemplate): string {
  return `${profile}.${imageKey}.${contentKey}`;
}

/** Undefined for a name that is no template's. */
export function parseTemplateName(name: string): ClusterTemplate | undefined {
  const [, word, imageKey = "", contentKey = ""] = TEMPLATE_NAME.exec(name) ?? [];
  const profile = PROFILES.find((candidate) => candidate === word);
  return profile && { profile, imageKey, contentKey };
}

/** `sha256:0123…` → the part of it that template names have. */
export function imageKeyOf(imageId: string): string {
  return imageId.replace(/^sha256:/, "").slice(0, 12);
}
