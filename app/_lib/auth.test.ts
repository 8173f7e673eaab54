import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { signIn, startSingleSignOn } from "./auth";

const ORIGIN = "https://slipway.example";
const CSRF = { csrfToken: "a token" };
const assign = vi.fn();

beforeEach(() => {
  vi.stubGlobal("location", { origin: ORIGIN, href: `${ORIGIN}/sign-in?error=OAuthCallback`, assign });
});
afterEach(() => {
  vi.unstubAllGlobals();
  assign.mockReset();
});

/** A server that gives out a CSRF token and answers the form with `body`, or breaks the connection on an error. */
function answerForm(body: object | Error, status = 200) {
  const fetchStub = vi.fn((path: string, init?: RequestInit) => {
    if (path === "/api/auth/csrf") return Promise.resolve(Response.json(CSRF));
    expect(init?.method).toBe("POST");
    return body instanceof Error ? Promise.reject(body) : Promise.resolve(Response.json(body, { status }));
  });
  vi.stubGlobal("fetch", fetchStub);
  return fetchStub;
}

const answerError = (error: string) =>
  answerForm({ url: `${ORIGIN}/api/auth/error?error=${encodeURIComponent(error)}` }, 401);
const trySignIn = () => signIn("ada@example.org", "correct horse battery");

test("signs in with what was typed and the token of the form", async () => {
  const fetchStub = answerForm({ url: ORIGIN });
  expect(await trySignIn()).toEqual({ outcome: "signed-in" });
  const [path, init] = fetchStub.mock.lastCall ?? [];
  expect(path).toBe("/api/auth/callback/credentials");
  expect(Object.fromEntries(init?.body as URLSearchParams)).toMatchObject({
    email: "ada@example.org",
    password: "correct horse battery",
    ...CSRF,
  });
});

test("is refused when e-mail and password do not belong together", async () => {
  answerError("CredentialsSignin");
  expect(await trySignIn()).toEqual({ outcome: "refused" });
});

test("is refused by an answer that names no reason, whatever the page's own address says", async () => {
  answerForm({ error: "request.invalid" }, 400);
  expect(await trySignIn()).toEqual({ outcome: "refused" });
});

test("tells too many tries from a wrong password, with the seconds to wait", async () => {
  answerError("request.rate-limited:40");
  expect(await trySignIn()).toEqual({ outcome: "too-many", seconds: 40 });
});

test.each(["request.rate-limited", "request.rate-limited:", "request.rate-limited:soon"])(
  "knows no seconds from %s",
  async (error) => {
    answerError(error);
    expect(await trySignIn()).toEqual({ outcome: "too-many", seconds: undefined });
  },
);

test("does not blame the password while the database is away", async () => {
  answerError("database.unavailable");
  expect(await trySignIn()).toEqual({ outcome: "unavailable" });
});

test("does not blame the password when the server fails", async () => {
  answerForm({ error: "internal.unexpected" }, 500);
  expect(await trySignIn()).toEqual({ outcome: "unavailable" });
});

test("does not blame the password when the connection breaks", async () => {
  answerForm(new TypeError("Failed to fetch"));
  expect(await trySignIn()).toEqual({ outcome: "unavailable" });
});

test("sends no password without a token for the form", async () => {
  const fetchStub = vi.fn(() => Promise.resolve(Response.json({ error: "x" }, { status: 503 })));
  vi.stubGlobal("fetch", fetchStub);
  expect(await trySignIn()).toEqual({ outcome: "unavailable" });
  expect(fetchStub).toHaveBeenCalledTimes(1);
});

test("leaves for the identity provider", async () => {
  answerForm({ url: "https://idp.example/authorize" });
  await startSingleSignOn("oidc");
  expect(assign).toHaveBeenCalledExactlyOnceWith("https://idp.example/authorize");
});

test("stays and rejects when single sign-on has nowhere to go", async () => {
  answerForm({ error: "database.unavailable" }, 503);
  await expect(startSingleSignOn("oidc")).rejects.toThrow("503");
  expect(assign).not.toHaveBeenCalled();
});
