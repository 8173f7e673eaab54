import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeKindNode, findKindNodeImage } from "./kind-node-image";

describe("findKindNodeImage", () => {
  let dataFolder: string;
  beforeEach(async () => {
    dataFolder = await mkdtemp(path.join(os.tmpdir(), "slipway-kind-node-"));
    await mkdir(path.join(dataFolder, "cache"));
  });
  afterEach(() => rm(dataFolder, { recursive: true, force: true }));

  const find = (): Promise<string | undefined> => {
    const root = path.resolve(import.meta.dirname, "..");
    return findKindNodeImage(
      { root, dataFolder, dockerHost: "unix:///nowhere", report: () => undefined },
      "auto",
    );
  };

  it("knows no image when none was made", async () => {
    expect(await find()).toBeUndefined();
  });

  it.each(["", '{"inputs":"4f', "null", "[]", '{"tag":7}'])(
    "knows no image when its stamp was cut short or spoilt: %j",
    async (stamp) => {
      await writeFile(path.join(dataFolder, "cache/kind-node.json"), stamp);
      expect(await find()).toBeUndefined();
    },
  );
});

describe("describeKindNode", () => {
  const root = path.resolve(import.meta.dirname, "..");

  it("names the version of our own node", async () => {
    const said = await describeKindNode(root, "slipway/kind-node:0123456789abcdef");
    expect(said).toBe("Kubernetes v1.20.2, on our own node built from Debian's source");
  });

  it("names the version that is pinned of the official one", async () => {
    const said = await describeKindNode(root, "slipway/kind-node-official:0123456789abcdef");
    expect(said).toMatch(/^Kubernetes v1\.\d+\.\d+, on the official kindest\/node$/);
  });
});
