import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { environmentOf, type Account } from "./account";
import { AttendeeBinding, bindingSchema, type Binding } from "./binding";
import { renameInHosts } from "./host-name";

const SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin";
const ADA: Binding = {
  hostName: "ada",
  attendeeName: "Ada O'Lovelace $(id)",
  registry: { prefix: "ada-1", password: "s3cret" },
};

let folder: string;
let account: Account;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "binding-"));
  account = newAccount();
  mkdirSync(account.home, { recursive: true });
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** The account as an agent that has just started knows it. */
function newAccount(): Account {
  const name = os.userInfo().username;
  return { name, home: path.join(folder, "home"), switchTo: null, environment: new Map() };
}

function bindingOf(of = account): AttendeeBinding {
  return new AttendeeBinding({
    account: of,
    searchPath: SEARCH_PATH,
    configFile: path.join(folder, "agent.json"),
  });
}

const dockerConfig = (): string => path.join(account.home, ".docker/config.json");
const readDockerConfig = (): unknown => JSON.parse(readFileSync(dockerConfig(), "utf8"));
const gitName = (): string =>
  execFileSync("git", ["config", "--global", "user.name"], {
    env: environmentOf(account, SEARCH_PATH),
    encoding: "utf8",
  }).trim();
const authOf = (text: string) => ({ auth: Buffer.from(text).toString("base64") });

describe("a binding", () => {
  it("tells new shells whose sandbox it is, and where to push", async () => {
    await bindingOf().take(ADA);
    expect(environmentOf(account, SEARCH_PATH)).toMatchObject({
      SLIPWAY_ATTENDEE: ADA.attendeeName,
      REGISTRY_PREFIX: "registry:5000/ada-1",
      HOME: account.home,
    });
  });

  it("signs in to the class registry in a file that only the attendee reads", async () => {
    await bindingOf().take(ADA);
    expect(readDockerConfig()).toEqual({ auths: { "registry:5000": authOf("ada-1:s3cret") } });
    expect(statSync(dockerConfig()).mode & 0o777).toBe(0o600);
  });

  it("keeps what the attendee's Docker configuration says besides", async () => {
    const theirs = {
      auths: { "ghcr.io": authOf("a:b"), "registry:5000": authOf("old:old") },
      detachKeys: "ctrl-q",
    };
    mkdirSync(path.dirname(dockerConfig()));
    writeFileSync(dockerConfig(), JSON.stringify(theirs), { mode: 0o644 });
    await bindingOf().take(ADA);
    expect(readDockerConfig()).toEqual({
      auths: { "ghcr.io": authOf("a:b"), "registry:5000": authOf("ada-1:s3cret") },
      detachKeys: "ctrl-q",
    });
    expect(statSync(dockerConfig()).mode & 0o777).toBe(0o600);
  });

  it.each(["{ half", "[]", '{"auths":3}'])(
    "leaves a Docker configuration alone that is none: %s",
    async (text) => {
      mkdirSync(path.dirname(dockerConfig()));
      writeFileSync(dockerConfig(), text);
      await bindingOf().take(ADA);
      expect(readFileSync(dockerConfig(), "utf8")).toBe(text);
      expect(gitName()).toBe(ADA.attendeeName);
    },
  );

  it("does not hang on a pipe in the place of the Docker configuration", async () => {
    mkdirSync(path.dirname(dockerConfig()));
    execFileSync("mkfifo", [dockerConfig()]);
    await bindingOf().take(ADA);
    expect(readDockerConfig()).toEqual({ auths: { "registry:5000": authOf("ada-1:s3cret") } });
  });

  it("writes beside a link, never through it", async () => {
    const elsewhere = path.join(folder, "elsewhere");
    writeFileSync(elsewhere, "{}");
    mkdirSync(path.dirname(dockerConfig()));
    symlinkSync(elsewhere, dockerConfig());
    await bindingOf().take(ADA);
    expect(readFileSync(elsewhere, "utf8")).toBe("{}");
  });

  it("names the author of commits, unless they have named themselves", async () => {
    await bindingOf().take(ADA);
    expect(gitName()).toBe(ADA.attendeeName);
    await bindingOf().take({ ...ADA, attendeeName: "Grace" });
    expect(gitName()).toBe(ADA.attendeeName);
  });

  it("writes nothing the second time", async () => {
    const binding = bindingOf();
    await binding.take(ADA);
    const first = statSync(dockerConfig());
    await Promise.all([binding.take(ADA), binding.take(ADA)]);
    expect(statSync(dockerConfig()).ino).toBe(first.ino);
  });

  it("is known to the next agent, which only the machine's root can read", async () => {
    await bindingOf().take(ADA);
    const woken = newAccount();
    await bindingOf(woken).restore();
    expect(woken.environment.get("REGISTRY_PREFIX")).toBe("registry:5000/ada-1");
    expect(statSync(path.join(folder, "binding.json")).mode & 0o777).toBe(0o600);
  });

  it("has nothing to restore in a sandbox that is nobody's yet", async () => {
    await bindingOf().restore();
    expect(account.environment.size).toBe(0);
  });

  it("promises no registry where there is none", async () => {
    const binding = bindingOf();
    await binding.take(ADA);
    await binding.take({ ...ADA, registry: null });
    expect(account.environment.has("REGISTRY_PREFIX")).toBe(false);
  });

  it("takes line breaks out of a name", () => {
    const parsed = bindingSchema.parse({ ...ADA, attendeeName: " A\u0000da\r\nLovelace\n" });
    expect(parsed.attendeeName).toBe("A da Lovelace");
  });

  it.each([
    { hostName: "" },
    { hostName: "-ada" },
    { hostName: "Ada" },
    { hostName: "a".repeat(41) },
    { hostName: "a\nb" },
    { attendeeName: "x".repeat(121) },
    { registry: { prefix: "a/b", password: "x" } },
    { registry: { prefix: "a:b", password: "x" } },
    { registry: { prefix: "a", password: "" } },
    { registry: undefined },
    { extra: 1 },
  ])("is refused with %j", (wrong) => {
    expect(bindingSchema.safeParse({ ...ADA, ...wrong }).success).toBe(false);
  });
});

describe("the names in /etc/hosts", () => {
  const HOSTS = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost # warm-1\n10.9.0.2\twarm-1\n";

  it("get the new one in the old one's place, once", () => {
    const renamed = renameInHosts(HOSTS, "warm-1", "ada");
    expect(renamed).toBe(HOSTS.replace("\twarm-1\n", "\tada\n"));
    expect(renameInHosts(renamed, "ada", "ada")).toBe(renamed);
  });

  it("get the new one where the old one is not", () => {
    expect(renameInHosts("127.0.0.1\tlocalhost", "warm-1", "ada")).toBe(
      "127.0.0.1\tlocalhost\n127.0.1.1\tada\n",
    );
    expect(renameInHosts("", "warm-1", "ada")).toBe("127.0.1.1\tada\n");
  });

  it("keep the loopback's", () => {
    expect(renameInHosts("127.0.0.1 localhost\n", "localhost", "ada")).toBe(
      "127.0.0.1 localhost\n127.0.1.1\tada\n",
    );
  });
});
