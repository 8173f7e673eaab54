import { createHash, createHmac } from "node:crypto";
import { CODE_ALPHABET } from "../protocol/inputs";

/** 28^12 is 57.7 bit: it lives for months, so it is longer than a join code. */
export const REJOIN_CODE_LENGTH = 12;

/** Changes with the way codes are derived, so that old ones can go on being found by their hashes. */
const DERIVATION = "slipway.rejoin-code.1";

/** Bytes at or above this are skipped, so that each of the 28 characters is equally likely. */
const UNBIASED_BYTES_MAX = 256 - (256 % CODE_ALPHABET.length);

/** The rejoin code of an enrollment: the same whenever it is asked for, and known to nobody without the secret. */
export function deriveRejoinCode(secret: string, enrollmentId: string): string {
  let code = "";
  // One block of 32 bytes has the 12 characters practically always; the bound is for the sake of it.
  for (let block = 0; block < 16 && code.length < REJOIN_CODE_LENGTH; block += 1) {
    const bytes = createHmac("sha256", secret).update(`${DERIVATION}:${block}:${enrollmentId}`).digest();
    code += [...bytes]
      .filter((byte) => byte < UNBIASED_BYTES_MAX)
      .map((byte) => CODE_ALPHABET[byte % CODE_ALPHABET.length])
      .join("");
  }
  return code.slice(0, REJOIN_CODE_LENGTH);
}

/** What is stored of a rejoin code: enough to find its enrollment, nothing that a copy of the database could type. */
export function hashRejoinCode(code: string): string {
  return createHash("sha256").update(`rejoin:${code}`).digest("base64url");
}

/** What is stored of the key that a browser made for itself. */
export function hashDeviceKey(deviceKey: string): string {
  return createHash("sha256").update(`device:${deviceKey.toLowerCase()}`).digest("base64url");
}
