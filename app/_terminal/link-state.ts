/** How one terminal is joined to its shell, as its status line says it. */
export type LinkState =
  | { readonly kind: "connecting" }
  | {
      readonly kind: "connected";
      readonly latencyMs: number | null;
      readonly transport: "websocket" | "http";
    }
  /** Cut off: what is shown stays, what is typed waits; it resumes at the exact byte. */
  | { readonly kind: "reconnecting" }
  | { readonly kind: "exited"; readonly exitCode: number }
  /** Nothing keeps this terminal any more; what it showed is still on the screen. */
  | { readonly kind: "gone" }
  /** The server will not have us: trying again alone does not help. */
  | { readonly kind: "refused"; readonly message: string };

/** The line under the terminals. */
export function linkWords(link: LinkState): string {
  switch (link.kind) {
    case "connecting":
      return "connecting…";
    case "connected":
      return [
        "connected",
        ...(link.latencyMs === null ? [] : [`${String(Math.max(1, Math.round(link.latencyMs)))} ms`]),
        ...(link.transport === "http" ? ["over plain HTTP"] : []),
      ].join(" · ");
    case "reconnecting":
      return "reconnecting… your shell goes on";
    case "exited":
      return `the shell has ended (${String(link.exitCode)})`;
    case "gone":
      return "the shell is gone";
    case "refused":
      return "not connected";
  }
}
