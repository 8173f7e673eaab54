export interface IsolationWords {
  readonly words: string;
  readonly means: string;
  readonly isWeak: boolean;
}

const WORDS: Readonly<Record<string, IsolationWords>> = {
  vm: {
    words: "each in a machine of its own",
    means: "Every sandbox has its own kernel: fit for people you do not know.",
    isWeak: false,
  },
  hardened: {
    words: "isolated, hardened",
    means: "Sandboxes are shut off from the host and from each other, on one shared kernel.",
    isWeak: false,
  },
  trusted: {
    words: "isolated for trusted people only",
    means: "Somebody determined could break out of a sandbox. Give the join code only to people you trust.",
    isWeak: true,
  },
  none: {
    words: "no isolation",
    means: "Sandboxes are plain processes of this machine: only for trying things out alone.",
    isWeak: true,
  },
};

/** How strongly sandboxes are shut off, in words for an instructor. An unknown tier is shown by its own name, as weak. */
export function isolationWords(tier: string): IsolationWords {
  return (
    WORDS[tier] ?? { words: `isolation: ${tier}`, means: "Ask whoever runs this Slipway.", isWeak: true }
  );
}
