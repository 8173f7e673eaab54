import type { SignInOutcome } from "@/app/_lib/auth";
import { waitWords } from "@/app/_lib/durations";

/** What happened (title), what it means and what to do (text). */
export interface SignInWords {
  readonly title: string;
  readonly text: string;
}

/** The query with which next-auth sends a browser back to the sign-in page. */
export interface ReturnQuery {
  readonly error?: string | readonly string[];
  readonly callbackUrl?: string | readonly string[];
}

const REFUSED: SignInWords = {
  title: "You are not signed in",
  text: "That e-mail and password do not belong together. Check both; capital letters matter in the password.",
};

/** When nobody could judge a sign-in, whichever way it went. */
export const UNAVAILABLE: SignInWords = {
  title: "Slipway did not answer",
  text: "Your sign-in was not judged. Check your connection and try again in a moment.",
};

const NOT_STARTED: SignInWords = {
  title: "Single sign-on could not start",
  text: "The sign-in page of your organization could not be reached. Try again in a moment; if it stays like this, ask whoever runs this Slipway.",
};

const NOT_FINISHED: SignInWords = {
  title: "Single sign-on was not finished",
  text: "It was cancelled, took too long, or was turned down. Start it once more; if it fails again, ask whoever runs this Slipway.",
};

/** A disabled account and a database that was away come back alike: next-auth gives no error for either. */
const NO_ACCOUNT: SignInWords = {
  title: "You are not signed in",
  text: "Your account may be disabled, or could not be looked up just now. Try again in a moment; if it stays like this, ask whoever runs this Slipway.",
};

const UNKNOWN: SignInWords = {
  title: "You are not signed in",
  text: "Something on the way failed. Try again in a moment; if it stays like this, ask whoever runs this Slipway.",
};

/** next-auth's codes. @see https://next-auth.js.org/configuration/pages#error-page */
const RETURN_WORDS: ReadonlyMap<string, SignInWords> = new Map([
  ["OAuthSignin", NOT_STARTED],
  ["OAuthCallback", NOT_FINISHED],
  ["Callback", NOT_FINISHED],
  ["AccessDenied", NO_ACCOUNT],
]);

/** What a failed sign-in is to its reader; undefined after a good one. */
export function wordsOfOutcome(result: SignInOutcome): SignInWords | undefined {
  switch (result.outcome) {
    case "signed-in":
      return undefined;
    case "refused":
      return REFUSED;
    case "too-many":
      return tooManyWords(result.seconds);
    case "unavailable":
      return UNAVAILABLE;
  }
}

/** Why next-auth sent a browser back here; undefined for who came by themselves. Never repeats what the address says. */
export function wordsOfReturn({ error, callbackUrl }: ReturnQuery): SignInWords | undefined {
  if (error === undefined) return callbackUrl === undefined ? undefined : NO_ACCOUNT;
  return (typeof error === "string" ? RETURN_WORDS.get(error) : undefined) ?? UNKNOWN;
}

function tooManyWords(seconds: number | undefined): SignInWords {
  const wait = seconds === undefined ? "a few minutes" : waitWords(seconds);
  return {
    title: "Too many tries",
    text: `To keep accounts safe we wait a while after several wrong passwords. Try again in ${wait}.`,
  };
}
