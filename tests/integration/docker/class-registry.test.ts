import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../server/platform/clock";
import { waitUntil } from "../../../server/platform/wait-until";
import type { RegistryCredentials } from "../../../server/sandboxes/class-registry";
import type { ToolContainer } from "../../support/tool-container";
import { hasDocker } from "./docker-fixture";
import { RegistryFixture } from "./registry-fixture";

const MIB = 1_024 * 1_024;
const BUSYBOX = "slipway/class-busybox:current";
const MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json";

/** The real gateway and the real Distribution, asked by the real engine, as sandboxes' engines do. */
describe.skipIf(!hasDocker())("class registry", () => {
  const fixture = new RegistryFixture();
  let gateway: ToolContainer;
  let host: string;
  let ada: RegistryCredentials;
  let bob: RegistryCredentials;

  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://${host}${path}`, {
      ...init,
      headers: { accept: MANIFEST_TYPE },
      signal: AbortSignal.timeout(20_000),
    });
  const collect = async (...prefixes: string[]): Promise<string> =>
    (await gateway.run(["class-registry", "collect", ...prefixes])).output.trim();
  const storedMiB = async (): Promise<number> =>
    Number((await gateway.run(["du", "-sm", "/var/lib/registry/docker"])).output.split("\t")[0]);

  beforeAll(async () => {
    await fixture.open();
    await fixture.fill({
      "library/busybox:latest": BUSYBOX,
      "library/redis:7": "slipway/class-redis:current",
    });
    gateway = await fixture.startGateway([`PREFIX_BYTES_MAX=${30 * MIB}`]);
    host = await gateway.readAddress();
    ada = await fixture.credentialsOf(gateway, "ada-1");
    bob = await fixture.credentialsOf(gateway, "bob-2");
  });
  afterAll(() => fixture.close());

  it("gives class images to everybody, with containerd's question about the namespace too", async () => {
    await fixture.pull(`${host}/library/busybox:latest`);
    for (const query of ["", "?ns=docker.io", "?ns=registry:5000"]) {
      const head = await get(`/v2/library/redis/manifests/7${query}`, { method: "HEAD" });
      expect(head.status).toBe(200);
      expect(head.headers.get("docker-content-digest")).toMatch(/^sha256:/);
      expect(head.headers.get("content-type")).toBe(MANIFEST_TYPE);
    }
    expect((await get("/v2/library/redis/manifests/7?ns=quay.io")).status).toBe(404);
  });

  it("takes a push under the attendee's own prefix, which others then pull, and not the base's layers again", async () => {
    const image = await fixture.makeImage("slipway/class-redis:current", 1);
    const said = await fixture.push(image, `${host}/ada-1/app:v1`, ada);
    expect(said.filter((line) => line === "Pushed")).toHaveLength(1);
    expect(said.filter((line) => /already exists|Mounted/.test(line)).length).toBeGreaterThan(1);
    await fixture.pull(`${host}/ada-1/app:v1`);
  });

  it("says what is missing to who pushes without a password", async () => {
    await expect(fixture.push(BUSYBOX, `${host}/ada-1/other:v1`)).rejects.toThrow(
      /unauthorized: .*without sudo/,
    );
    const wrong = { ...ada, password: bob.password };
    await expect(fixture.push(BUSYBOX, `${host}/ada-1/other:v1`, wrong)).rejects.toThrow(/do not fit/);
  });

  it("says where to push to who pushes under another's prefix or over a class image", async () => {
    const advice = new RegExp(`denied: .*docker push ${host}/bob-2/busybox`);
    await expect(fixture.push(BUSYBOX, `${host}/ada-1/busybox:v1`, bob)).rejects.toThrow(advice);
    await expect(fixture.push(BUSYBOX, `${host}/library/busybox:latest`, bob)).rejects.toThrow(advice);
  });

  it("refuses more than a prefix may hold, in words, keeps nothing of it, and takes what fits", async () => {
    const large = await fixture.makeImage(BUSYBOX, 40);
    const before = await storedMiB();
    await expect(fixture.push(large, `${host}/bob-2/large:v1`, bob)).rejects.toThrow(
      /denied: what is below bob-2\/ would take more than 0.029 GiB/,
    );
    expect(await storedMiB()).toBeLessThanOrEqual(before + 2);
    await fixture.push(await fixture.makeImage(BUSYBOX, 20), `${host}/bob-2/small:v1`, bob);
    const second = await fixture.makeImage(BUSYBOX, 20);
    await expect(fixture.push(second, `${host}/bob-2/small:v2`, bob)).rejects.toThrow(/denied/);
  });

  it("keeps nothing of an upload that broke off", async () => {
    const authorization = `Basic ${Buffer.from(`${bob.prefix}:${bob.password}`).toString("base64")}`;
    const begun = await fetch(`http://${host}/v2/bob-2/broken/blobs/uploads/`, {
      method: "POST",
      headers: { authorization },
    });
    expect(begun.status).toBe(202);
    const location = new URL(begun.headers.get("location") ?? "", `http://${host}`);
    const hasUploads = async (): Promise<boolean> => {
      const list = ["sh", "-c", "ls /var/lib/registry/docker/registry/v2/repositories/bob-2/broken/_uploads"];
      return (await gateway.run(list)).output.trim() !== "";
    };
    expect(await hasUploads()).toBe(true);
    const sending = request(location, { method: "PATCH", headers: { authorization } });
    sending.on("error", () => undefined);
    await new Promise((resolve) => sending.write(Buffer.alloc(5 * MIB), resolve));
    sending.destroy();
    await waitUntil("the upload is forgotten", async () => !(await hasUploads()), {
      ...{ timeoutMs: 10_000, clock: systemClock },
    });
  });

  it("lets an attendee delete their own image and nobody else's", async () => {
    await fixture.push(BUSYBOX, `${host}/ada-1/mistake:v1`, ada);
    const head = await get("/v2/ada-1/mistake/manifests/v1", { method: "HEAD" });
    const path = `/v2/ada-1/mistake/manifests/${head.headers.get("docker-content-digest") ?? ""}`;
    const deleteAs = async ({ prefix, password }: RegistryCredentials): Promise<number> => {
      const authorization = `Basic ${Buffer.from(`${prefix}:${password}`).toString("base64")}`;
      return (await fetch(`http://${host}${path}`, { method: "DELETE", headers: { authorization } })).status;
    };
    expect(await deleteAs(bob)).toBe(403);
    expect(await deleteAs(ada)).toBe(202);
    expect((await get("/v2/ada-1/mistake/manifests/v1")).status).toBe(404);
  });

  it("forgets prefixes whose attendee is gone, frees their space, and keeps everybody else's images", async () => {
    const before = await storedMiB();
    expect(await collect("bob-2")).toBe("collected");
    expect(await storedMiB()).toBeLessThanOrEqual(before - 19);
    expect(JSON.parse((await gateway.run(["class-registry", "prefixes"])).output)).toEqual(["ada-1"]);
    expect((await get("/v2/bob-2/small/manifests/v1")).status).toBe(404);
    await fixture.pull(`${host}/ada-1/app:v1`);
    await fixture.pull(`${host}/library/redis:7`);
    expect(await collect()).toBe("nothing");
  });

  it("frees what a tag named before it was pushed again", async () => {
    await fixture.push(await fixture.makeImage(BUSYBOX, 20), `${host}/bob-2/app:v1`, bob);
    await expect(
      fixture.push(await fixture.makeImage(BUSYBOX, 20), `${host}/bob-2/app:v1`, bob),
    ).rejects.toThrow(/denied/);
    await fixture.push(BUSYBOX, `${host}/bob-2/app:v1`, bob);
    expect(await collect()).toBe("collected");
    await fixture.push(await fixture.makeImage(BUSYBOX, 20), `${host}/bob-2/app:v1`, bob);
    await fixture.pull(`${host}/bob-2/app:v1`);
  });

  it("finishes a collection that was killed, after the next start", async () => {
    await fixture.push(await fixture.makeImage(BUSYBOX, 5), `${host}/bob-2/late:v1`, bob);
    const before = await storedMiB();
    // Where a kill between taking a prefix out and freeing its blobs leaves things.
    const folder = "/var/lib/registry/docker/registry/v2/repositories";
    await gateway.run(["sh", "-c", `touch /var/lib/registry/garbage && rm -r ${folder}/bob-2`]);
    await gateway.kill();
    await gateway.start();
    host = await gateway.readAddress();
    await fixture.untilAnswering(gateway);
    expect(await collect()).toBe("collected");
    expect(await storedMiB()).toBeLessThanOrEqual(before - 5);
    await fixture.pull(`${host}/library/busybox:latest`);
  });

  it("waits for setup, which fills the registry past the gateway", async () => {
    const writer = await fixture.start("slow-writer", {
      image: "slipway/class-registry:current",
      entrypoint: ["flock", "--shared", "/var/lib/registry/lock", "sleep", "600"],
      hasVolume: true,
    });
    const isBusy = async (): Promise<boolean> => (await collect()) === "busy";
    await waitUntil("the lock is held", isBusy, { timeoutMs: 20_000, clock: systemClock });
    expect((await get("/v2/ada-1/app/manifests/v1")).status).toBe(200);
    await writer.remove();
  });

  it("is a mirror for containerd, as in a kind node", async () => {
    const node = await fixture.start("node", {
      image: "slipway/sandbox:current",
      entrypoint: ["sh", "-c"],
      cmd: [
        `mkdir -p /hosts/docker.io && printf '%s\\n' 'server = "https://registry-1.docker.io"' '[host."http://${fixture.name}-gateway:5000"]' 'capabilities = ["pull", "resolve"]' >/hosts/docker.io/hosts.toml && exec containerd`,
      ],
    });
    const fetchImage = async () =>
      node.run(["ctr", "content", "fetch", "--hosts-dir", "/hosts", "docker.io/library/redis:7"]);
    await waitUntil("containerd answers", async () => (await node.run(["ctr", "version"])).exitCode === 0, {
      timeoutMs: 30_000,
      clock: systemClock,
    });
    const { exitCode, output } = await fetchImage();
    expect(exitCode, output).toBe(0);
    await node.remove();
  });

  it("fetches what it does not have while the real registry answers, and keeps it", async () => {
    const real = await fixture.start("real", {
      ...{ image: "slipway/class-docker-registry:current", port: 5_000 },
    });
    await fixture.untilAnswering(real);
    const address = await real.readAddress();
    await fixture.push(BUSYBOX, `${address}/grafana/tool:1`);
    await fixture.push(BUSYBOX, `${address}/library/redis:7`);
    await gateway.remove();
    gateway = await fixture.startGateway([`UPSTREAM_URL=http://${fixture.name}-real:5000`]);
    host = await gateway.readAddress();
    const isFetched = async (): Promise<boolean> =>
      (await get("/v2/grafana/tool/manifests/1")).status === 200;
    await waitUntil("the upstream is found", isFetched, { timeoutMs: 30_000, clock: systemClock });
    await fixture.pull(`${host}/grafana/tool:1`);
    expect((await get("/v2/grafana/none/manifests/1")).status).toBe(404);
    // What the store has is not asked for elsewhere: the class image is not the one called redis up there.
    const [ours, theirs] = await Promise.all([
      get("/v2/library/redis/manifests/7", { method: "HEAD" }),
      fetch(`http://${address}/v2/library/redis/manifests/7`, { headers: { accept: MANIFEST_TYPE } }),
    ]);
    expect(ours.headers.get("docker-content-digest")).not.toBe(theirs.headers.get("docker-content-digest"));
    await real.remove();
    expect((await get("/v2/grafana/tool/manifests/1")).status).toBe(200);
    expect((await get("/v2/library/redis/manifests/7")).status).toBe(200);
    expect((await get("/v2/grafana/none/manifests/1")).status).toBe(404);
  });
});
