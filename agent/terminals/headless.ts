import * as serializeModule from "@xterm/addon-serialize";
import * as unicodeModule from "@xterm/addon-unicode11";
import * as headlessModule from "@xterm/headless";
import type { Terminal } from "@xterm/headless";

/** A terminal without a screen, and the way to write its screen down. */
export interface Headless {
  readonly terminal: Terminal;
  /** Escape sequences that bring an empty terminal of this size to this state. */
  serialize(scrollbackLines: number): string;
}

/** Makes a headless terminal that measures characters as the browser's does. */
export function createHeadless(size: { columns: number; rows: number }, scrollbackLines: number): Headless {
  const terminal = new (named(headlessModule).Terminal)({
    cols: size.columns,
    rows: size.rows,
    scrollback: scrollbackLines,
    allowProposedApi: true,
  });
  const serializer = new (named(serializeModule).SerializeAddon)();
  const unicode = new (named(unicodeModule).Unicode11Addon)();
  terminal.loadAddon(serializer);
  terminal.loadAddon(unicode);
  terminal.unicode.activeVersion = "11";
  return { terminal, serialize: (scrollback) => serializer.serialize({ scrollback }) };
}

/** These packages are CommonJS: Node gives their exports on `default`, a bundler by name. */
function named<Module extends object>(module: Module): Module {
  return (module as { default?: Module }).default ?? module;
}
