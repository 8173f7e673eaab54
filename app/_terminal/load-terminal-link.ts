/** The emulator and all around it, in a chunk of its own: the first call loads it, later ones find it. */
export const loadTerminalLink = () => import("./terminal-link");

/** Starts loading it before it is needed; whoever needs it hears of a failure. */
export function preloadTerminalLink(): void {
  loadTerminalLink().catch(() => undefined);
}
