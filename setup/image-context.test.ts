import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hashContext, packContext, readContext } from "./image-context";

describe("image contexts", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "slipway-context-"));
    await mkdir(path.join(folder, "sub"));
    await writeFile(path.join(folder, "Dockerfile"), "FROM scratch\n");
    await writeFile(path.join(folder, "sub/tool"), "#!/bin/sh\n");
    await chmod(path.join(folder, "sub/tool"), 0o755);
    await symlink("sub/tool", path.join(folder, "link"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const hash = async (): Promise<string> => hashContext(await readContext(folder), ["trixie"]);

  it("are equal when only times and a umask differ", async () => {
    const before = await hash();
    const archive = await packContext(await readContext(folder));
    await utimes(path.join(folder, "Dockerfile"), 1, 1);
    await chmod(path.join(folder, "Dockerfile"), 0o600);
    expect(await hash()).toBe(before);
    expect((await packContext(await readContext(folder))).equals(archive)).toBe(true);
  });

  it("differ by content, by the executable bit, by name and by base", async () => {
    const seen = new Set([await hash(), hashContext(await readContext(folder), ["bookworm"])]);
    await chmod(path.join(folder, "sub/tool"), 0o644);
    seen.add(await hash());
    await writeFile(path.join(folder, "Dockerfile"), "FROM scratch \n");
    seen.add(await hash());
    await writeFile(path.join(folder, "more"), "");
    seen.add(await hash());
    expect(seen.size).toBe(5);
  });
});
