import { access, mkdir, readFile, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import path from "node:path";
import { CLASS_REGISTRY } from "../server/sandboxes/class-registry";

/** What a manifest says, as far as it matters here: an index lists the manifests that belong to it. */
interface ManifestContent {
  readonly manifests?: readonly { readonly digest?: string }[];
}

/**
 * The folders in which Distribution keeps images, for what its API does not offer: who stores how much, what no tag names, taking a
 * whole prefix away.
 *
 * @see https://distribution.github.io/distribution/storage-drivers/filesystem/ and `registry/storage/paths.go` of Distribution 2.8
 */
export class ImageStore {
  readonly #folder: string;
  readonly #repositories: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#repositories = path.join(folder, "docker/registry/v2/repositories");
  }

  async readFreeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#folder);
    return bavail * bsize;
  }

  /** Prefixes that attendees have pushed under. */
  async listPrefixes(): Promise<readonly string[]> {
    return (await list(this.#repositories)).filter((name) => name !== CLASS_REGISTRY.classNamespace);
  }

  /** Whether attendees have pushed under this prefix. */
  async hasPrefix(prefix: string): Promise<boolean> {
    return prefix !== CLASS_REGISTRY.classNamespace && exists(path.join(this.#repositories, prefix));
  }

  /** Bytes of the blobs that a prefix's repositories name, and of its uploads under way. What class images hold costs it nothing. */
  async readUsedBytes(prefix: string): Promise<number> {
    const digests = new Set<string>();
    let bytes = 0;
    for (const repository of await this.#repositoriesOf(prefix)) {
      for (const hex of await list(path.join(repository, "_layers/sha256"))) digests.add(hex);
      for (const hex of await list(path.join(repository, "_manifests/revisions/sha256"))) digests.add(hex);
      for (const id of await list(path.join(repository, "_uploads")))
        bytes += await sizeOf(path.join(repository, "_uploads", id, "data"));
    }
    for (const hex of digests) {
      if ((await this.findClassRepository(hex)) === undefined) bytes += await sizeOf(this.#blob(hex));
    }
    return bytes;
  }

  /** The class image's repository that has the blob of this SHA-256, as `library/python`. */
  async findClassRepository(hex: string): Promise<string | undefined> {
    const namespace = path.join(this.#repositories, CLASS_REGISTRY.classNamespace);
    for (const name of await list(namespace)) {
      if (await exists(path.join(namespace, name, "_layers/sha256", hex, "link")))
        return `${CLASS_REGISTRY.classNamespace}/${name}`;
    }
    return undefined;
  }

  /** Forgets an upload that broke off: nobody resumes one, and it would count until it is purged. */
  async forgetUpload(repository: string, uploadId: string): Promise<void> {
    const folder = path.join(this.#repositories, repository, "_uploads", uploadId);
    await rm(folder, { recursive: true, force: true });
  }

  /** Takes a prefix out of the registry in one step, which a crash cannot halve. Its blobs stay until garbage is collected. */
  async forgetPrefix(prefix: string): Promise<boolean> {
    const trash = path.join(this.#folder, "trash");
    await mkdir(trash, { recursive: true });
    const isThere = await rename(
      path.join(this.#repositories, prefix),
      path.join(trash, crypto.randomUUID()),
    ).then(
      () => true,
      (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
        throw error;
      },
    );
    await rm(trash, { recursive: true, force: true });
    return isThere;
  }

  /** Drops every manifest that neither a tag nor a tagged index names; answers how many. Nobody may be writing. */
  async forgetUntagged(): Promise<number> {
    let count = 0;
    for (const prefix of await list(this.#repositories)) {
      for (const repository of await this.#repositoriesOf(prefix))
        count += await this.#forgetUntaggedIn(path.join(repository, "_manifests"));
    }
    return count;
  }

  async #forgetUntaggedIn(manifests: string): Promise<number> {
    const named = new Set<string>();
    for (const tag of await list(path.join(manifests, "tags"))) {
      const link = await readFile(path.join(manifests, "tags", tag, "current/link"), "utf8").catch(() => "");
      await this.#addWithChildren(link.trim().replace("sha256:", ""), named);
    }
    const revisions = path.join(manifests, "revisions/sha256");
    const unnamed = (await list(revisions)).filter((hex) => !named.has(hex));
    for (const hex of unnamed) await rm(path.join(revisions, hex), { recursive: true, force: true });
    return unnamed.length;
  }

  async #addWithChildren(hex: string, named: Set<string>): Promise<void> {
    if (hex === "" || named.has(hex)) return;
    named.add(hex);
    const text = await readFile(this.#blob(hex), "utf8").catch(() => "{}");
    const { manifests } = JSON.parse(text) as ManifestContent;
    for (const { digest = "" } of manifests ?? [])
      await this.#addWithChildren(digest.replace("sha256:", ""), named);
  }

  /** Every folder at or below the prefix that is a repository: it has folders that begin with an underscore. */
  async #repositoriesOf(prefix: string): Promise<readonly string[]> {
    const found: string[] = [];
    const waiting = [path.join(this.#repositories, prefix)];
    for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
      const names = await list(folder);
      if (names.some((name) => name.startsWith("_"))) found.push(folder);
      for (const name of names) if (!name.startsWith("_")) waiting.push(path.join(folder, name));
    }
    return found;
  }

  #blob(hex: string): string {
    return path.join(this.#folder, "docker/registry/v2/blobs/sha256", hex.slice(0, 2), hex, "data");
  }
}

/** Empty for what is not there. */
async function list(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
