/** What the keyboard can ask of the lab page. */
export type LabCommand =
  | "palette"
  | "next-step"
  | "previous-step"
  | "run-check"
  | "new-terminal"
  | "focus-terminal"
  | "focus-steps"
  | "search-terminal";

export interface KeyPress {
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

interface Shortcut {
  readonly command: LabCommand;
  readonly label: string;
  readonly keys: string;
}

/** Every shortcut with the words and keys that the palette shows. */
export const SHORTCUTS: readonly Shortcut[] = [
  { command: "palette", label: "Commands", keys: "Ctrl+Shift+K" },
  { command: "next-step", label: "Next step", keys: "Alt+N" },
  { command: "previous-step", label: "Previous step", keys: "Alt+P" },
  { command: "run-check", label: "Check my work", keys: "Alt+C" },
  { command: "new-terminal", label: "New terminal", keys: "Alt+T" },
  { command: "focus-terminal", label: "Go to the terminal", keys: "F6" },
  { command: "focus-steps", label: "Leave the terminal, go to the steps", keys: "F6" },
  { command: "search-terminal", label: "Search in the terminal", keys: "Ctrl+Shift+F" },
];

/** By where the key sits: on macOS, Alt with a letter types another character. Cmd counts as Ctrl. */
const EVERYWHERE: Readonly<Record<string, LabCommand>> = {
  "ctrl+shift+KeyK": "palette",
  "ctrl+shift+KeyF": "search-terminal",
};
const IN_TERMINAL: Readonly<Record<string, LabCommand>> = {
  ...EVERYWHERE,
  F6: "focus-steps",
  "ctrl+shift+Escape": "focus-steps",
};
const ELSEWHERE: Readonly<Record<string, LabCommand>> = {
  ...EVERYWHERE,
  F6: "focus-terminal",
  "ctrl+KeyK": "palette",
  "alt+KeyN": "next-step",
  "alt+KeyP": "previous-step",
  "alt+KeyC": "run-check",
  "alt+KeyT": "new-terminal",
};

/**
 * The command that a key press asks for. In a terminal only combinations are taken that shells do not use: there, Alt with a
 * letter and Ctrl+K belong to readline. F6 and Ctrl+Shift+Escape always lead out of it.
 */
export function commandOf(press: KeyPress, isInTerminal: boolean): LabCommand | undefined {
  const chord = chordOf(press).replace("meta+", press.ctrlKey ? "" : "ctrl+");
  return isInTerminal ? IN_TERMINAL[chord] : ELSEWHERE[chord];
}

/** What the copy and paste keys mean in a terminal. */
export type ClipboardKey = "copy" | "paste";

const COPY_OR_INTERRUPT: ReadonlySet<string> = new Set(["ctrl+KeyC", "ctrl+Insert"]);
const CLIPBOARD_KEYS: Readonly<Record<string, ClipboardKey>> = {
  "ctrl+shift+KeyC": "copy",
  "meta+KeyC": "copy",
  "ctrl+KeyV": "paste",
  "ctrl+shift+KeyV": "paste",
  "meta+KeyV": "paste",
  "shift+Insert": "paste",
};

/**
 * Ctrl+Shift+C and Cmd+C copy; Ctrl+C copies only when something is selected, else it is the interrupt. Ctrl+V,
 * Ctrl+Shift+V, Cmd+V and Shift+Insert paste: they are left to the browser, whose own paste event needs no permission.
 */
export function clipboardKeyOf(press: KeyPress, hasSelection: boolean): ClipboardKey | undefined {
  const chord = chordOf(press);
  if (hasSelection && COPY_OR_INTERRUPT.has(chord)) return "copy";
  return CLIPBOARD_KEYS[chord];
}

function chordOf({ code, ctrlKey, metaKey, altKey, shiftKey }: KeyPress): string {
  const modifiers = [ctrlKey && "ctrl", metaKey && "meta", altKey && "alt", shiftKey && "shift"];
  return [...modifiers.filter((name) => name !== false), code].join("+");
}
