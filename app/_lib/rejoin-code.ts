const PREFIX = "slipway.rejoin-code.";

/** Keeps the code that was answered to joining until its reader says that it is saved. In this tab only. */
export function keepRejoinCode(cohortId: string, code: string): void {
  try {
    sessionStorage.setItem(PREFIX + cohortId, code);
  } catch {
    // Without storage the code is still under the menu of the lab page.
  }
}

/** The code that has not been confirmed as saved, or null. */
export function readKeptRejoinCode(cohortId: string): string | null {
  try {
    return sessionStorage.getItem(PREFIX + cohortId);
  } catch {
    return null;
  }
}

/** Forgets the code: its reader has it. */
export function dropRejoinCode(cohortId: string): void {
  try {
    sessionStorage.removeItem(PREFIX + cohortId);
  } catch {
    // Nothing was kept then.
  }
}

/** The link that brings an attendee back; the code is in the fragment, which no server's log sees. */
export function rejoinLink(code: string): string {
  return `${location.origin}/rejoin#${code}`;
}
