import { randomUUID } from "node:crypto";
import type { SandboxView } from "../../server/protocol";
import { createApiClient, type ApiClient } from "./api-client";

export interface Attendee extends ApiClient {
  readonly cohortId: string;
  /** Null when the browser had joined before. */
  readonly rejoinCode: string | null;
}

/** Somebody who typed the join code and a name. */
export async function joinAs(
  displayName: string,
  { url, joinCode }: { url: string; joinCode: string },
): Promise<Attendee> {
  const client = createApiClient(url);
  const joined = await client.api.cohorts.join.mutate({
    code: joinCode,
    displayName,
    deviceKey: randomUUID(),
  });
  return { ...client, ...joined };
}

/** Follows the attendee's sandbox until it is ready. */
export async function untilSandboxReady(attendee: Attendee, timeoutMs = 60_000): Promise<void> {
  await untilSandbox(attendee, { state: "ready" }, timeoutMs);
}

/** Follows the attendee's sandbox, as the lab page does, until what is shown has all of `wanted`; answers it. */
export async function untilSandbox(
  attendee: Attendee,
  wanted: Readonly<Record<string, unknown>>,
  timeoutMs: number,
): Promise<SandboxView> {
  const shown: unknown[] = [];
  const { cohortId } = attendee;
  try {
    const views = attendee.subscribe("sandboxes.watch", { cohortId }, AbortSignal.timeout(timeoutMs));
    for await (const view of views) {
      shown.push(view);
      const fields = view as Readonly<Record<string, unknown>>;
      if (Object.entries(wanted).every(([name, value]) => fields[name] === value)) return view as SandboxView;
    }
  } catch (cause) {
    const trail = JSON.stringify(shown.slice(-5));
    throw new Error(`not ${JSON.stringify(wanted)} within ${timeoutMs} ms, but ${trail}`, { cause });
  }
  throw new Error(`the sandbox's subscription ended before ${JSON.stringify(wanted)}`);
}

/** Makes the first instructor by the one-time link, and signs them in. */
export async function becomeInstructor({
  url,
  setupUrl,
}: {
  url: string;
  setupUrl: string | null;
}): Promise<ApiClient> {
  const client = createApiClient(url);
  const token = setupUrl?.split("#")[1] ?? "";
  const email = `${randomUUID()}@example.com`;
  await client.api.accounts.redeemSetupLink.mutate({
    token,
    displayName: "Ines Instructor",
    email,
    password: randomUUID(),
  });
  return client;
}
