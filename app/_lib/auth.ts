import { forgetDeviceKey } from "./device-key";

/** What a sign-in came to. */
export type SignInOutcome =
  | { readonly outcome: "signed-in" }
  | { readonly outcome: "refused" }
  /** Seconds until another try is judged, where the server told them. */
  | { readonly outcome: "too-many"; readonly seconds: number | undefined }
  | { readonly outcome: "unavailable" };

interface Provider {
  readonly id: string;
  readonly name: string;
  readonly type: string;
}

const JSON_FORM = { "content-type": "application/x-www-form-urlencoded" };
const DEADLINE_MS = 15_000;

/**
 * Signs in with e-mail and password. The cookie is set by the answer. Never rejects: no answer within 15 s, or none that
 * can be read, is `unavailable`. After `too-many` and `unavailable` the password may still be right.
 */
export async function signIn(email: string, password: string): Promise<SignInOutcome> {
  try {
    const answer = await postForm("/api/auth/callback/credentials", { email, password });
    if (answer.status >= 500) return { outcome: "unavailable" };
    const body = (await answer.json()) as { url?: string };
    const reason = new URL(body.url ?? "/", location.origin).searchParams.get("error");
    if (reason !== null) return readReason(reason);
    return { outcome: answer.ok ? "signed-in" : "refused" };
  } catch {
    return { outcome: "unavailable" };
  }
}

/** next-auth answers 401 for all of these: the reason is in the URL alone, with the seconds behind a rate limit. */
function readReason(reason: string): SignInOutcome {
  const [code, seconds] = reason.split(":");
  if (code === "database.unavailable") return { outcome: "unavailable" };
  if (code === "request.rate-limited") return { outcome: "too-many", seconds: Number(seconds) || undefined };
  return { outcome: "refused" };
}

/**
 * Ends this browser's auth session, forgets its device key, and leaves for the start page, whether or not the server
 * answered.
 */
export async function signOut(): Promise<void> {
  forgetDeviceKey();
  try {
    await postForm("/api/auth/signout", {});
  } finally {
    location.assign("/");
  }
}

/** Ways to sign in besides a password. Empty when there are none, or no answer. */
export async function listSingleSignOns(): Promise<readonly Provider[]> {
  try {
    const answer = await fetch("/api/auth/providers", { signal: AbortSignal.timeout(DEADLINE_MS) });
    const providers = Object.values((await answer.json()) as Record<string, Provider>);
    return providers.filter((provider) => provider.type === "oauth" || provider.type === "oidc");
  } catch {
    return [];
  }
}

/** Leaves for the sign-in page of somebody else. Rejects, and stays, when no answer says where that is. */
export async function startSingleSignOn(providerId: string): Promise<void> {
  const answer = await postForm(`/api/auth/signin/${encodeURIComponent(providerId)}`, {});
  const body = (await answer.json()) as { url?: string };
  if (body.url === undefined)
    throw new Error(`single sign-on answered ${String(answer.status)} without a URL`);
  location.assign(body.url);
}

async function postForm(path: string, fields: Record<string, string>): Promise<Response> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const answer = await fetch("/api/auth/csrf", { signal });
  // Posted without a token, a form is sent back with 200 and no reason, as if it had been right.
  if (!answer.ok) throw new Error(`the CSRF token was answered with ${String(answer.status)}`);
  const { csrfToken } = (await answer.json()) as { csrfToken: string };
  const form = { ...fields, csrfToken, callbackUrl: location.origin, json: "true" };
  return fetch(path, { method: "POST", headers: JSON_FORM, body: new URLSearchParams(form), signal });
}
