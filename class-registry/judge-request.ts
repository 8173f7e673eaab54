import { CLASS_REGISTRY } from "../server/sandboxes/class-registry";
import type { Refusal } from "./refusal";
import { prefixOf, type Route } from "./route";
import type { Visitor } from "./visitor";

export interface JudgedRequest {
  readonly route: Route;
  readonly visitor: Visitor;
  /** How the visitor calls this registry, for words and for where tokens are to be had. */
  readonly host: string;
}

/**
 * The rule of the class registry: everybody reads, an attendee writes under their own prefix, nobody else writes. Answers the refusal,
 * or undefined when the request may go on.
 */
export function judgeRequest({ route, visitor, host }: JudgedRequest): Refusal | undefined {
  switch (route.kind) {
    case "read":
      return undefined;
    case "ping":
      return visitor.kind === "attendee" || visitor.kind === "anonymous" ? undefined : wrongPassword(host);
    case "token":
      return visitor.kind === "impostor" ? wrongPassword(host) : undefined;
    case "write":
      return judgeWrite(route.repository, visitor, host);
  }
}

/** Docker sends a name and a password, or fetches a token without one, only after a 401 that says where. */
export function challenge(host: string): Readonly<Record<string, string>> {
  return { "www-authenticate": `Bearer realm="http://${host}/token",service="class-registry"` };
}

function judgeWrite(repository: string, visitor: Visitor, host: string): Refusal | undefined {
  if (visitor.kind === "impostor") return wrongPassword(host);
  const prefix = prefixOf(repository);
  if (visitor.kind === "anonymous") {
    return {
      status: 401,
      code: "UNAUTHORIZED",
      message: `pushing needs your sandbox's own name and password, which Docker has as the attendee: push without sudo, or sign in first with docker login ${host}`,
      headers: challenge(host),
    };
  }
  if (prefix === visitor.prefix && prefix !== CLASS_REGISTRY.classNamespace) return undefined;
  const image = repository.split("/").at(-1) ?? repository;
  const own = `${host}/${visitor.prefix}/${image}`;
  return {
    status: 403,
    code: "DENIED",
    message: `"${prefix}" is not yours: push below ${host}/${visitor.prefix}/, for example docker tag ${image} ${own} and docker push ${own}`,
  };
}

function wrongPassword(host: string): Refusal {
  return {
    status: 401,
    code: "UNAUTHORIZED",
    message: `name and password do not fit: use those of your own sandbox with docker login ${host}`,
    headers: challenge(host),
  };
}
