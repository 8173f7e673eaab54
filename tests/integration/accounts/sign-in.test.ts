import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createAuthSessions } from "../../../server/accounts/auth-sessions";
import { encodeToken } from "../../../server/accounts/next-auth";
import type { Actor } from "../../../server/platform/actor";
import { cookieHeaderOf, PUBLIC_URL, SECRET, startRooms, type Rooms } from "../cohorts/rooms";

const HOUR_MS = 3_600_000;
let rooms: Rooms;
let server: Server;
let address: string;

beforeAll(async () => {
  rooms = await startRooms();
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
});

const credentials = () => ({
  displayName: "Grace",
  email: `${randomUUID()}@example.org`,
  password: "correct horse battery",
});

async function redeem(token: string, input = credentials()) {
  const visit = rooms.visit();
  const outcome = await rooms.accounts.router
    .createCaller(visit.context)
    .redeemSetupLink({ token, ...input })
    .then(
      () => "succeeded",
      (error: unknown) => (error as { cause?: { code?: string } }).cause?.code,
    );
  return { outcome, visit, input };
}

/** A browser that has signed in by the form, as far as it got. */
async function signIn(email: string, password: string) {
  const first = await fetch(`${address}/api/auth/csrf`);
  const { csrfToken } = (await first.json()) as { csrfToken: string };
  const answer = await fetch(`${address}/api/auth/callback/credentials`, {
    method: "POST",
    headers: { cookie: cookieHeaderOf(first.headers.getSetCookie()) },
    body: new URLSearchParams({ csrfToken, email, password, json: "true" }),
  });
  const { url } = (await answer.json()) as { url: string };
  const cookies = answer.headers
    .getSetCookie()
    .filter((header) => header.startsWith("__Host-slipway.auth-session"));
  return { status: answer.status, error: new URL(url).searchParams.get("error"), url, cookies };
}

async function makeAdmin(): Promise<{
  actor: Actor;
  input: ReturnType<typeof credentials>;
  cookies: string[];
}> {
  await rooms.database.prisma.account.updateMany({ where: { role: "admin" }, data: { role: "instructor" } });
  const token = await rooms.accounts.createSetupLink();
  const { visit, input } = await redeem(token ?? "");
  const actor = await rooms.actorOf(visit.cookies);
  if (actor === null) throw new Error("redeeming the setup link did not sign in");
  return { actor, input, cookies: visit.cookies };
}

it("makes exactly one admin of two people who open the setup link at once", async () => {
  const older = await rooms.accounts.createSetupLink();
  const token = await rooms.accounts.createSetupLink();
  expect(token).toMatch(/^[\w-]{43}$/);
  expect((await redeem(older ?? "")).outcome).toBe("setup-link.invalid");
  const both = await Promise.all([redeem(token ?? ""), redeem(token ?? "")]);
  expect(both.map(({ outcome }) => outcome).sort()).toEqual(["setup-link.invalid", "succeeded"]);
  const winner = both.find(({ outcome }) => outcome === "succeeded");
  expect(await rooms.actorOf(winner?.visit.cookies ?? [])).toMatchObject({ role: "admin" });
  expect(await rooms.accounts.createSetupLink()).toBeUndefined();
  expect((await redeem(token ?? "")).outcome).toBe("setup-link.invalid");
});

it("gives an address that an attendee merely typed to the admin who sets a password for it", async () => {
  const input = credentials();
  const squatter = await rooms.database.prisma.account.create({
    data: { displayName: "Mallory", email: input.email },
  });
  await rooms.database.prisma.account.updateMany({ where: { role: "admin" }, data: { role: "instructor" } });
  const token = await rooms.accounts.createSetupLink();
  expect((await redeem(token ?? "", input)).outcome).toBe("succeeded");
  const left = await rooms.database.prisma.account.findUnique({ where: { id: squatter.id } });
  expect(left?.email).toBeNull();
});

it("signs in by e-mail and password through next-auth, and out again", async () => {
  const { actor, input } = await makeAdmin();
  const signedIn = await signIn(input.email.toUpperCase(), input.password);
  expect(signedIn).toMatchObject({ status: 200, error: null });
  expect(signedIn.url.startsWith(PUBLIC_URL)).toBe(true);
  expect(await rooms.actorOf(signedIn.cookies)).toEqual(actor);
  const viewer = await rooms.accounts.router.createCaller(rooms.visit(actor).context).viewer();
  expect(viewer).toEqual({ accountId: actor.accountId, displayName: "Grace", role: "admin" });

  const csrf = await fetch(`${address}/api/auth/csrf`);
  const { csrfToken } = (await csrf.json()) as { csrfToken: string };
  const cookie = cookieHeaderOf([...csrf.headers.getSetCookie(), ...signedIn.cookies]);
  const out = await fetch(`${address}/api/auth/signout`, {
    method: "POST",
    headers: { cookie },
    body: new URLSearchParams({ csrfToken, json: "true" }),
  });
  expect(out.headers.getSetCookie().join()).toMatch(/__Host-slipway\.auth-session=;/);
});

it("answers a wrong password and an unknown e-mail alike", async () => {
  const { input } = await makeAdmin();
  const wrong = await signIn(input.email, "not the password");
  const unknown = await signIn(`${randomUUID()}@example.org`, "not the password");
  expect(wrong).toMatchObject({ status: 401, error: "CredentialsSignin", cookies: [] });
  expect(unknown).toEqual(wrong);
});

it("refuses a sign-in without the form's CSRF token", async () => {
  const { input } = await makeAdmin();
  const answer = await fetch(`${address}/api/auth/callback/credentials`, {
    method: "POST",
    body: new URLSearchParams({ email: input.email, password: input.password, json: "true" }),
  });
  expect(answer.headers.getSetCookie().join()).not.toContain("auth-session=ey");
});

it("refuses a body above 64 KiB and what next-auth has no business answering", async () => {
  const large = await fetch(`${address}/api/auth/callback/credentials`, {
    method: "POST",
    body: new URLSearchParams({ password: "x".repeat(70_000) }),
  });
  expect(large.status).toBe(400);
  expect(await large.json()).toMatchObject({ error: "request.too-large" });
  expect((await fetch(`${address}/api/auth/_log`, { method: "POST", body: "{}" })).status).toBe(404);
});

it("takes nobody's word for it: other secrets, planted and altered cookies are nobody", async () => {
  const { actor, cookies } = await makeAdmin();
  const claims = {
    sub: actor.accountId,
    signedInAtMs: Date.now(),
    expiresAtMs: Date.now() + HOUR_MS,
    isSliding: true,
  };
  const forged = await encodeToken({ token: claims, secret: "another-secret-that-is-long-enough-too" });
  const altered = (cookies[0] ?? "").replace(/=(.{40})./, "=$1A");
  const name = rooms.accounts.sessions.cookie.name;
  for (const cookie of [`${name}=${forged}`, `${name}=planted`, altered, "next-auth.session-token=x", ""]) {
    expect(await rooms.actorOf([cookie])).toBeNull();
  }
});

it("ends every auth session at once when asked to, renewed ones included", async () => {
  const { actor, input, cookies } = await makeAdmin();
  const second = await signIn(input.email, input.password);
  rooms.clock.forward(2 * HOUR_MS);
  const renewed = await rooms.accounts.sessions.renewAuthSession({
    headers: { cookie: cookieHeaderOf(cookies) },
  });
  expect(renewed).toBeDefined();
  await rooms.accounts.router.createCaller(rooms.visit(actor).context).signOutEverywhere();
  for (const old of [cookies, second.cookies, [renewed ?? ""]]) expect(await rooms.actorOf(old)).toBeNull();
  const viaRoute = await fetch(`${address}/api/auth/session`, {
    headers: { cookie: cookieHeaderOf(cookies) },
  });
  expect(await rooms.actorOf(viaRoute.headers.getSetCookie())).toBeNull();
  expect(await rooms.actorOf((await signIn(input.email, input.password)).cookies)).toEqual(actor);
});

it("lets an instructor's auth session slide for a week and no longer", async () => {
  const { actor, cookies } = await makeAdmin();
  let current = cookies;
  for (let hours = 0; hours < 6 * 24; hours += 10) {
    rooms.clock.forward(10 * HOUR_MS);
    const carrier = { headers: { cookie: cookieHeaderOf(current) } };
    const renewed = await rooms.accounts.sessions.renewAuthSession(carrier);
    current = renewed === undefined ? current : [renewed];
    expect(await rooms.actorOf(current)).toEqual(actor);
  }
  rooms.clock.forward(25 * HOUR_MS);
  expect(await rooms.actorOf(current)).toBeNull();
});

it("shuts a disabled account out within five seconds", async () => {
  const { actor, cookies } = await makeAdmin();
  await rooms.database.prisma.account.update({
    where: { id: actor.accountId },
    data: { disabledAt: new Date() },
  });
  rooms.clock.forward(5_000);
  expect(await rooms.actorOf(cookies)).toBeNull();
});

it("remembers who signed in and who failed to, in rows that nobody can change", async () => {
  const { actor, input } = await makeAdmin();
  await signIn(input.email, input.password);
  await signIn(input.email, "not the password");
  const entries = await rooms.database.prisma.auditEntry.findMany({
    where: { subject: actor.accountId },
    orderBy: { id: "asc" },
  });
  expect(entries.map(({ action }) => action)).toEqual([
    "setup-link.used",
    "account.signed-in",
    "account.sign-in-failed",
  ]);
  expect(JSON.stringify(entries.map(({ details }) => details))).not.toContain(input.email);
  await expect(rooms.database.prisma.auditEntry.deleteMany({})).rejects.toThrow(/append only/);
});

it("goes on knowing people for a minute without a database, and says so after that", async () => {
  const { actor, cookies } = await makeAdmin();
  const carrier = { headers: { cookie: cookieHeaderOf(cookies) } };
  const stranger = createAuthSessions({
    secret: SECRET,
    publicUrl: PUBLIC_URL,
    clock: rooms.clock,
    readStanding: async () => {
      await rooms.database.pool.query("select 1");
      return undefined;
    },
  });
  expect(await rooms.actorOf(cookies)).toEqual(actor);
  await rooms.database.halt();
  try {
    rooms.clock.forward(30_000);
    expect(await rooms.actorOf(cookies)).toEqual(actor);
    await expect(stranger.readActor(carrier)).rejects.toThrow();
    rooms.clock.forward(31_000);
    await expect(rooms.actorOf(cookies)).rejects.toThrow();
    const attempt = rooms.cohorts.router
      .createCaller(rooms.visit().context)
      .join({ code: "BBBBBBBB", displayName: "Ana", deviceKey: randomUUID() });
    await expect(attempt).rejects.toMatchObject({ cause: { code: "database.unavailable" } });
    const form = await signIn("someone@example.org", "correct horse battery");
    expect(form).toMatchObject({ status: 401, error: "database.unavailable" });
  } finally {
    await rooms.database.restart();
  }
  expect(await rooms.actorOf(cookies)).toEqual(actor);
});
