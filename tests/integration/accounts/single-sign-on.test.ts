import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Actor } from "../../../server/platform/actor";
import { cookieHeaderOf, PUBLIC_URL, startRooms, type Rooms } from "../cohorts/rooms";
import { startIdentityProvider, type IdentityProvider } from "./identity-provider";

const CLIENT_SECRET = "the-client-secret";
let provider: IdentityProvider;
let rooms: Rooms;
let server: Server;
let address: string;

beforeAll(async () => {
  provider = await startIdentityProvider(CLIENT_SECRET);
  rooms = await startRooms({
    issuer: provider.issuer,
    clientId: "slipway",
    clientSecret: CLIENT_SECRET,
  });
  server = createServer((request, response) => {
    rooms.accounts.authHandler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  address = `http://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rooms.dispose();
  await provider.close();
});

/** Goes through the provider as a browser does, with `meddle` in between. */
async function signIn(
  person: { sub: string; name: string },
  meddle: (callbackUrl: string, cookies: string[]) => { callbackUrl: string; cookies: string[] } = (
    callbackUrl,
    cookies,
  ) => ({ callbackUrl, cookies }),
): Promise<{ actor: Actor | null; location: string }> {
  const csrf = await fetch(`${address}/api/auth/csrf`);
  const { csrfToken } = (await csrf.json()) as { csrfToken: string };
  const start = await fetch(`${address}/api/auth/signin/oidc`, {
    method: "POST",
    headers: { cookie: cookieHeaderOf(csrf.headers.getSetCookie()) },
    body: new URLSearchParams({ csrfToken, json: "true", callbackUrl: "/teach" }),
  });
  const { url } = (await start.json()) as { url: string };
  const { callbackUrl, cookies } = meddle(provider.approve(url, person), [
    ...csrf.headers.getSetCookie(),
    ...start.headers.getSetCookie(),
  ]);
  const path = callbackUrl.replace(PUBLIC_URL, "");
  const back = await fetch(`${address}${path}`, {
    redirect: "manual",
    headers: { cookie: cookieHeaderOf(cookies) },
  });
  const actor = await rooms.actorOf(
    back.headers.getSetCookie().filter((header) => header.includes("auth-session=")),
  );
  return { actor, location: back.headers.get("location") ?? "" };
}

it("makes an attendee's account at first and finds the same one later, promoted or not", async () => {
  const person = { sub: randomUUID(), name: "Grace Hopper" };
  const first = await signIn(person);
  expect(first.actor?.role).toBe("attendee");
  expect(first.location).toBe(`${PUBLIC_URL}/teach`);
  const viewer = await rooms.accounts.router.createCaller(rooms.visit(first.actor).context).viewer();
  expect(viewer?.displayName).toBe("Grace Hopper");
  await rooms.database.prisma.account.update({
    where: { id: first.actor?.accountId ?? "" },
    data: { role: "instructor" },
  });
  rooms.clock.forward(5_000);
  const second = await signIn(person);
  expect(second.actor).toEqual({ accountId: first.actor?.accountId, role: "instructor" });
});

it("never signs two subjects into one account, whatever they are called", async () => {
  const [one, two] = [
    await signIn({ sub: randomUUID(), name: "Ana" }),
    await signIn({ sub: randomUUID(), name: "Ana" }),
  ];
  expect(one.actor?.accountId).not.toBe(two.actor?.accountId);
});

it("refuses a disabled account", async () => {
  const person = { sub: randomUUID(), name: "Mallory" };
  const { actor } = await signIn(person);
  await rooms.database.prisma.account.update({
    where: { id: actor?.accountId ?? "" },
    data: { disabledAt: new Date() },
  });
  rooms.clock.forward(5_000);
  expect((await signIn(person)).actor).toBeNull();
});

it("refuses an answer that this browser did not ask for: other state, no PKCE verifier", async () => {
  const person = { sub: randomUUID(), name: "Eve" };
  const withState = await signIn(person, (callbackUrl, cookies) => ({
    callbackUrl: callbackUrl.replace(/state=[^&]+/, "state=planted"),
    cookies,
  }));
  expect(withState.actor).toBeNull();
  expect(withState.location).toContain("error=OAuthCallback");
  const withoutVerifier = await signIn(person, (callbackUrl, cookies) => ({
    callbackUrl,
    cookies: cookies.filter((header) => !header.includes("pkce")),
  }));
  expect(withoutVerifier.actor).toBeNull();
});
