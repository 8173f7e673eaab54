import { randomBytes } from "node:crypto";
import type { Size } from "./evicted-screen";
import type { OpenShell } from "./shell";
import { Terminal } from "./terminal";

/** Terminals that one sandbox may have at once, exited ones included. */
export const TERMINALS_MAX = 8;

/** The sandbox's terminals, oldest first. */
export class Terminals {
  readonly #openShell: OpenShell;
  readonly #terminals = new Map<string, Terminal>();

  constructor(openShell: OpenShell) {
    this.#openShell = openShell;
  }

  list(): readonly Terminal[] {
    return [...this.#terminals.values()];
  }

  find(terminalId: string): Terminal | undefined {
    return this.#terminals.get(terminalId);
  }

  /** Opens a terminal with a login shell; undefined when there are as many as there may be. */
  open(size: Size): Terminal | undefined {
    if (this.#terminals.size >= TERMINALS_MAX) return undefined;
    const terminal = new Terminal(randomBytes(12).toString("hex"), this.#openShell(size), size);
    this.#terminals.set(terminal.terminalId, terminal);
    return terminal;
  }

  /** Resolves when nothing of the terminal is left. Idempotent. */
  async close(terminalId: string): Promise<void> {
    const terminal = this.#terminals.get(terminalId);
    await terminal?.close();
    this.#terminals.delete(terminalId);
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.list().map((terminal) => this.close(terminal.terminalId)));
  }
}
