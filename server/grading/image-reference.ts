/** The long form of an image's name, so that `redis`, `redis:latest` and `docker.io/library/redis` are one. */
export function normalizeReference(reference: string): string {
  const short = reference.replace(/^(index\.)?docker\.io\//, "").replace(/^library\//, "");
  if (short.includes("@")) return short;
  const lastSlash = short.lastIndexOf("/");
  return short.includes(":", lastSlash + 1) ? short : `${short}:latest`;
}
