import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSandboxAgent } from "../../../server/sandboxes/agent-client";
import type { DockerSandboxDriver } from "../../../server/sandboxes/drivers/docker/docker-sandbox-driver";
import type { SandboxId } from "../../../server/sandboxes/sandbox";
import type { SandboxAgent, SandboxBinding } from "../../../server/sandboxes/sandbox-agent";
import { DockerFixture, hasDocker, tokenOf } from "./docker-fixture";

const START_MS_MAX = 60_000;
const ADA: SandboxBinding = {
  hostName: "ada-lovelace",
  attendeeName: "Ada Lovelace",
  registry: { prefix: "ada-1", password: "s3cret" },
};
/** What a new shell of the attendee says about itself, a line each; `sudo` would complain of a name that does not resolve. */
const ASK = `
hostname
cat /etc/hostname
getent hosts "$(hostname)" | wc -l
bash -ic 'echo "\${PS1@P}"' 2>/dev/null | grep -o "$(hostname)"
echo "$SLIPWAY_ATTENDEE"
echo "$REGISTRY_PREFIX"
stat -c '%U %a' ~/.docker/config.json
jq -r '.auths["registry:5000"].auth' ~/.docker/config.json | base64 -d; echo
git config --global user.name
sudo true 2>&1 | wc -l
`;
const ANSWER = [
  ...["ada-lovelace", "ada-lovelace", "1", "ada-lovelace", "Ada Lovelace", "registry:5000/ada-1"],
  ...["attendee 600", "ada-1:s3cret", "Ada Lovelace", "0"],
];

describe.skipIf(!hasDocker())("a warm sandbox that gets its attendee", () => {
  const fixture = new DockerFixture();
  const id = randomUUID() as SandboxId;
  let driver: DockerSandboxDriver;
  let agent: SandboxAgent;

  beforeAll(async () => {
    driver = await fixture.connect(randomUUID());
    agent = createSandboxAgent({ access: driver, tokenOf });
    const limits = { cpuMillis: 2_000, memoryMiB: 1_024, diskMiB: 2_048, pidsMax: 1_024 };
    const spec = { id, profile: "docker", hostName: "warm-1", limits } as const;
    await driver.create(spec, AbortSignal.timeout(START_MS_MAX));
  });

  afterAll(async () => {
    await driver.destroy(id);
    await fixture.close();
  });

  const ask = async (script: string): Promise<string[]> => {
    const command = { script, user: "attendee", timeoutMs: 20_000 } as const;
    const outcome = await agent.runCommand(id, command, AbortSignal.timeout(30_000));
    return outcome.stdout.trimEnd().split("\n");
  };
  const bind = () => agent.bind(id, ADA, AbortSignal.timeout(10_000));

  it("shows its name in new shells, resolves it, and is signed in to the class registry", async () => {
    expect(await ask("hostname")).toEqual(["warm-1"]);
    await bind();
    expect(await ask(ASK)).toEqual(ANSWER);
    expect(await ask("grep -c warm-1 /etc/hosts")).toEqual(["0"]);
  });

  it("is the same when it is bound again", async () => {
    await Promise.all([bind(), bind()]);
    expect(await ask(ASK)).toEqual(ANSWER);
    expect(await ask("grep -c ada-lovelace /etc/hosts")).toEqual(["1"]);
  });

  it("is still theirs after a sleep, without being bound again", async () => {
    await driver.sleep(id);
    await driver.wake(id, AbortSignal.timeout(START_MS_MAX));
    expect(await ask(ASK)).toEqual(ANSWER);
  });

  it("tells nobody but root what it was bound with", async () => {
    expect(await ask("cat /etc/slipway/binding.json 2>&1 | grep -c denied")).toEqual(["1"]);
  });

  it("refuses a binding that is none, and stays theirs", async () => {
    const wrong = { ...ADA, hostName: "a;reboot" };
    await expect(agent.bind(id, wrong, AbortSignal.timeout(10_000))).rejects.toMatchObject({
      code: "agent.misbehaved",
    });
    expect(await ask("hostname")).toEqual(["ada-lovelace"]);
  });
});
