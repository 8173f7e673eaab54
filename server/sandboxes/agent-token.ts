import { createHash, createHmac } from "node:crypto";
import type { SandboxId } from "./sandbox";

/** The agent of every sandbox listens here, inside the sandbox. */
export const AGENT_PORT = 7070;

/** And here, for whoever is in the sandbox already: the engine's relays. */
export const AGENT_RELAY_SOCKET = "/run/slipway-agent.sock";

/**
 * The bearer token that the server shows to the agent of `id`: derived, so it is stored nowhere. The sandbox gets only
 * `agentTokenHash` of it, so that reading the sandbox's files does not let anybody in it speak to the agent.
 */
export function agentToken(installationSecret: string, id: SandboxId): string {
  return createHmac("sha256", installationSecret).update(`agent:${id}`).digest("base64url");
}

/** SHA-256 of a token, hex: what the agent compares with. */
export function agentTokenHash(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
