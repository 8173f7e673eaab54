import { ensureClassImages } from "./class-images";
import { ensureSandboxImage } from "./images";
import { stage } from "./progress";

export interface EnsureImagesOptions {
  /** The checkout. */
  readonly root: string;
  readonly dataFolder: string;
  readonly dockerHost: string;
}

/** Every image that the platform needs, in the engine or in the class registry; builds only what has changed. */
export async function ensureImages(options: EnsureImagesOptions): Promise<void> {
  await stage("sandbox image", (report) => ensureSandboxImage({ ...options, report }));
  await stage("lab images", (report) => ensureClassImages({ ...options, report }));
}
