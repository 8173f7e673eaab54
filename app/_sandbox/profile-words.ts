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
  /** True when the wanted sandbox can be had now. */
  readonly mayGet: boolean;
}

/** What to say to somebody whose sandbox can do less than their workshop asks for; undefined when it can do enough. */
export function profileNotice(sandbox: SandboxView): ProfileNoticeWords | undefined {
  if (sandbox.state !== "ready" || satisfies(sandbox.profile, sandbox.wantedProfile)) return undefined;
  const wanted = profileWords(sandbox.wantedProfile).name;
  switch (sandbox.wantedState) {
    case "ready":
      return {
        title: `${wanted} is ready now.`,
        text: "Your sandbox is from before that: steps that need it cannot pass here.",
        mayGet: true,
      };
    case "preparing":
      return {
        title: `${wanted} is being prepared.`,
        text: "Docker works meanwhile; we tell you here when the rest can be had.",
        mayGet: false,
      };
    case "unavailable":
      return {
        title: `${wanted} cannot be had on this Slipway.`,
        text: "Steps that need it cannot pass. Your instructor can see why.",
        mayGet: false,
      };
  }
}
