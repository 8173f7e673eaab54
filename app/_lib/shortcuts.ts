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
  readonly key: string;
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

/** Letters by where the key sits: on macOS, Alt with a letter types another character. */
const ALT_CODES: Readonly<Record<string, LabCommand>> = {
  KeyN: "next-step",
  KeyP: "previous-step",
  KeyC: "run-check",
  KeyT: "new-terminal",
};

/**
 * The command that a key press asks for. In a terminal only combinations are taken that shells do not use: there, Alt with a
 * letter and Ctrl+K belong to readline. F6 and Ctrl+Shift+Escape always lead out of it.
 */
export function commandOf(press: KeyPress, isInTerminal: boolean): LabCommand | undefined {
  const hasCtrl = press.ctrlKey || press.metaKey;
  if (press.key === "F6" && !hasCtrl) return isInTerminal ? "focus-steps" : "focus-terminal";
  if (isInTerminal && press.key === "Escape" && press.ctrlKey && press.shiftKey) return "focus-steps";
  if (hasCtrl && press.shiftKey && !press.altKey) return shiftedCommand(press.code);
  if (isInTerminal) return undefined;
  if (hasCtrl && press.code === "KeyK" && !press.altKey) return "palette";
  if (press.altKey && !hasCtrl && !press.shiftKey) return ALT_CODES[press.code];
  return undefined;
}

function shiftedCommand(code: string): LabCommand | undefined {
  if (code === "KeyK") return "palette";
  return code === "KeyF" ? "search-terminal" : undefined;
}

/** What the copy and paste keys mean in a terminal. */
export type ClipboardKey = "copy" | "paste";

/**
 * Ctrl+Shift+C and Cmd+C copy; Ctrl+C copies only when something is selected, else it is the interrupt. Ctrl+V,
 * Ctrl+Shift+V, Cmd+V and Shift+Insert paste: they are left to the browser, whose own paste event needs no permission.
 */
export function clipboardKeyOf(press: KeyPress, hasSelection: boolean): ClipboardKey | undefined {
  if (press.altKey) return undefined;
  if (press.key === "Insert") return insertKey(press, hasSelection);
  const isCtrl = press.ctrlKey && !press.metaKey;
  const isCmd = press.metaKey && !press.ctrlKey;
  if (press.code === "KeyC" && (isCmd || (isCtrl && (press.shiftKey || hasSelection)))) return "copy";
  return press.code === "KeyV" && (isCtrl || isCmd) ? "paste" : undefined;
}

function insertKey(press: KeyPress, hasSelection: boolean): ClipboardKey | undefined {
  if (press.ctrlKey && hasSelection) return "copy";
  return press.shiftKey ? "paste" : undefined;
}
