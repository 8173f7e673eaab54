import { createHash, randomBytes } from "node:crypto";

/** 256 bit: guessing it is hopeless without any rate limit. */
const TOKEN_BYTES = 32;

/** A fresh token, for `/setup#<token>`. */
export function newSetupToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

/** What is stored of a setup token. It is random, so a fast hash keeps it as well as a slow one. */
export function hashSetupToken(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
