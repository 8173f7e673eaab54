import { satisfies, type Profile } from "@/server/protocol/profile";
import type { SandboxView } from "@/server/protocol/views";

export interface ProfileWords {
  readonly name: string;
  /** What one has with it, as an object: "You have …". */
  readonly means: string;
}

const WORDS = {
  docker: { name: "Docker", means: "a Docker Engine of your own" },
  kubernetes: { name: "Kubernetes", means: "a Docker Engine and a Kubernetes cluster of one node" },
  "kubernetes-multinode": {
    name: "Kubernetes, three nodes",
    means: "a Docker Engine and a Kubernetes cluster of one control plane and two workers",
  },
} as const satisfies Record<Profile, ProfileWords>;

/** A profile in words for people. */
export function profileWords(profile: Profile): ProfileWords {
  return WORDS[profile];
}

export function hasCluster(profile: Profile): boolean {
  return satisfies(profile, "kubernetes");
}

/** The profile of the sandbox, when it is known. */
export function profileOf(sandbox: SandboxView): Profile | undefined {
  return "profile" in sandbox ? sandbox.profile : undefined;
}

/** True when the attendee has a sandbox that exists, well or not: one that can be reset or replaced. */
export function mayReset(sandbox: SandboxView): boolean {
  switch (sandbox.state) {
    case "ready":
    case "asleep":
    case "unreachable":
      return true;
    case "failed":
      return sandbox.mayReset;
    case "none":
    case "queued":
    case "starting":
      return false;
  }
}

export interface ProfileNoticeWords {
  readonly title: string;
  readonly text: string;
  /** What the attendee may do about it: get the wanted sandbox, take back that they want it, or nothing. */
  readonly offers: "change" | "withdrawal" | null;
}

/** What stands in the way of a change that was asked for; null is a matter of turns. */
const CHANGE_WAITS_FOR = {
  capacity: "there is room for it",
  memory: "the sandbox host has memory for it again",
  disk: "the sandbox host has disk space for it again",
  host: "the sandbox host answers again",
} as const;

/** What to say to somebody whose sandbox is to change, or can do less than the lab at hand needs; undefined when nothing is to be said. */
export function profileNotice(sandbox: SandboxView): ProfileNoticeWords | undefined {
  if (sandbox.state !== "ready") return undefined;
  if (sandbox.change !== null && satisfies(sandbox.change.to, sandbox.wantedProfile)) {
    const { to, waitsFor } = sandbox.change;
    const when = waitsFor === null ? "it is your turn" : CHANGE_WAITS_FOR[waitsFor];
    return {
      title: `${profileWords(to).name}: coming as soon as ${when}.`,
      text: "Until then yours stays as it is. Then its containers, images and cluster go; your home folder stays.",
      offers: "withdrawal",
    };
  }
  if (satisfies(sandbox.profile, sandbox.wantedProfile)) return undefined;
  const wanted = profileWords(sandbox.wantedProfile).name;
  switch (sandbox.wantedState) {
    case "ready":
      return {
        title: `This lab needs ${wanted}.`,
        text: "Your sandbox has less: steps that need it cannot pass. It can be changed, and keeps your home folder.",
        offers: "change",
      };
    case "preparing":
      return {
        title: `${wanted} is being prepared.`,
        text: "Docker works meanwhile; we tell you here when the rest can be had.",
        offers: null,
      };
    case "unavailable":
      return {
        title: `${wanted} cannot be had on this Slipway.`,
        text: "Steps that need it cannot pass. Your instructor can see why.",
        offers: null,
      };
  }
}
