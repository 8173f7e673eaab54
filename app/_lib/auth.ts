import { forgetDeviceKey } from "./device-key";

/** What a sign-in came to. */
export type SignInOutcome =
  | { readonly outcome: "signed-in" }
  | { readonly outcome: "refused" }
  | { readonly outcome: "too-many" }
  | { readonly outcome: "unavailable" };

interface Provider {
  readonly id: string;
  readonly name: string;
  readonly type: string;
}

const JSON_FORM = { "content-type": "application/x-www-form-urlencoded" };
const DEADLINE_MS = 15_000;

/** Signs in with e-mail and password. The cookie is set by the answer. */
export async function signIn(email: string, password: string): Promise<SignInOutcome> {
  try {
    const answer = await postForm("/api/auth/callback/credentials", { email, password });
    if (answer.status === 429) return { outcome: "too-many" };
    if (answer.status >= 500) return { outcome: "unavailable" };
    const body = (await answer.json()) as { url?: string };
    const hasFailed = !answer.ok || new URL(body.url ?? "", location.href).searchParams.has("error");
    return { outcome: hasFailed ? "refused" : "signed-in" };
  } catch {
    return { outcome: "unavailable" };
  }
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

/** Leaves for the sign-in page of somebody else. */
export async function startSingleSignOn(providerId: string): Promise<void> {
  const answer = await postForm(`/api/auth/signin/${encodeURIComponent(providerId)}`, {});
  const body = (await answer.json()) as { url?: string };
  location.assign(body.url ?? "/sign-in");
}

async function postForm(path: string, fields: Record<string, string>): Promise<Response> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const { csrfToken } = (await (await fetch("/api/auth/csrf", { signal })).json()) as { csrfToken: string };
  const form = { ...fields, csrfToken, callbackUrl: location.origin, json: "true" };
  return fetch(path, { method: "POST", headers: JSON_FORM, body: new URLSearchParams(form), signal });
}
