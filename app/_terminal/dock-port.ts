/** What the rest of the lab page may ask of the terminals. */
export interface DockPort {
  /** Types a command into the active terminal and runs it; says so when there is no terminal yet. */
  run(command: string): void;
  focus(): void;
  openTerminal(): void;
  openSearch(): void;
}
