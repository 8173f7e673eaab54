import { randomInt } from "node:crypto";
import { CODE_ALPHABET } from "../protocol/inputs";

/** 28^8 is 38.5 bit; why that is enough is in docs/adr/0008-codes-and-sign-in.md. */
export const JOIN_CODE_LENGTH = 8;

export interface JoinCode {
  readonly code: string;
  readonly cohortId: string;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
}

/** A fresh code from the system's randomness, each character equally likely. */
export function makeJoinCode(): string {
  return Array.from({ length: JOIN_CODE_LENGTH }, () => CODE_ALPHABET[randomInt(CODE_ALPHABET.length)]).join(
    "",
  );
}

/** A code lets people in until it expires, is revoked, or the homework window of its cohort closes. */
export function isJoinCodeLive(
  code: Pick<JoinCode, "expiresAt" | "revokedAt">,
  homeworkUntil: Date,
  nowMs: number,
): boolean {
  return code.revokedAt === null && code.expiresAt.getTime() > nowMs && homeworkUntil.getTime() > nowMs;
}
