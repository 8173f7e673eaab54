/** What a request to the registry's API is about. */
export type Route =
  | { readonly kind: "ping" }
  | { readonly kind: "token" }
  /** Reads manifests, blobs or tags. `resource` is the path below the repository. */
  | { readonly kind: "read"; readonly repository: string; readonly resource: string }
  /** Changes a repository. `uploadId` is there while a blob's bytes are on their way. */
  | {
      readonly kind: "write";
      readonly repository: string;
      readonly resource: string;
      readonly uploadId?: string;
    };

/** As Distribution has it: components of a name, and what stands behind it. */
const NAME = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`;
const REFERENCE = String.raw`[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`;
const DIGEST = "sha256:[0-9a-f]{64}";
const UPLOAD_ID = "[0-9a-f-]{36}";
const PATH = new RegExp(
  `^/v2/(?<repository>${NAME}(?:/${NAME})*)/(?<resource>tags/list|manifests/(?:${DIGEST}|${REFERENCE})|blobs/${DIGEST}|blobs/uploads/(?<uploadId>${UPLOAD_ID})?)$`,
);
const REPOSITORY_CHARS_MAX = 255;

/**
 * Understands a method and a path, or answers undefined. Whoever passes a request on builds its path anew from the route, so that
 * what was judged is what is asked, whatever way of writing a path the other side knows.
 */
export function parseRoute(method: string, path: string): Route | undefined {
  if (/^\/v2\/?$/.test(path) && isRead(method)) return { kind: "ping" };
  if (path === "/token" && method === "GET") return { kind: "token" };
  const groups = PATH.exec(path.replaceAll(/%3A/gi, ":"))?.groups;
  return groups === undefined ? undefined : parseResource(method, groups);
}

/** The first part of a repository's name: whose it is. */
export function prefixOf(repository: string): string {
  return repository.split("/", 1)[0] ?? "";
}

function parseResource(
  method: string,
  groups: Readonly<Record<string, string | undefined>>,
): Route | undefined {
  const { repository = "", resource = "", uploadId } = groups;
  if (repository.length > REPOSITORY_CHARS_MAX) return undefined;
  const isUpload = resource.startsWith("blobs/uploads/");
  if (isRead(method) && !isUpload) return { kind: "read", repository, resource };
  if (!mayWrite(method, resource, uploadId)) return undefined;
  return { kind: "write", repository, resource, ...(uploadId !== undefined && { uploadId }) };
}

function isRead(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

function mayWrite(method: string, resource: string, uploadId: string | undefined): boolean {
  if (uploadId !== undefined) return ["GET", "HEAD", "PATCH", "PUT", "DELETE"].includes(method);
  if (resource === "blobs/uploads/") return method === "POST";
  if (resource.startsWith("manifests/")) return method === "PUT" || method === "DELETE";
  return resource.startsWith("blobs/") && method === "DELETE";
}
