import type { Profile } from "@/server/protocol/profile";
import { hasCluster } from "./profile-words";

/** What a reset or a replacement takes away and what it leaves, as lines for the reader. */
export interface Losses {
  readonly gone: readonly string[];
  readonly stays: readonly string[];
}

const HOME = "Everything in /home/attendee: your files, shell history and settings";

/** `profile` is undefined when the sandbox is too broken to say. */
export function lossesOf(keepsHome: boolean, profile: Profile | undefined): Losses {
  const cluster =
    profile !== undefined && hasCluster(profile)
      ? ["The cluster, with all that runs in it and all its volumes"]
      : [];
  return {
    gone: [
      "Every container, image, volume and network of your Docker Engine",
      ...cluster,
      "Packages you installed, and files outside your home folder",
      ...(keepsHome ? [] : [HOME]),
      "Open terminals, and what runs in them",
    ],
    stays: [
      ...(keepsHome ? [HOME] : []),
      "The steps you have passed",
      "Images that you pushed to the class registry",
      "Your place in the workshop and your rejoin code",
    ],
  };
}
