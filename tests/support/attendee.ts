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
  const views = attendee.subscribe(
    "sandboxes.watch",
    { cohortId: attendee.cohortId },
    AbortSignal.timeout(timeoutMs),
  );
  for await (const view of views) if ((view as SandboxView).state === "ready") return;
  throw new Error("the sandbox's subscription ended before it was ready");
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
