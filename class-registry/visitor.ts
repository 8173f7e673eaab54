import { timingSafeEqual } from "node:crypto";
import { registryCredentialsOf } from "../server/sandboxes/class-registry";

/** Who asks: nobody in particular, somebody whose password fits, or somebody whose password does not. */
export type Visitor =
  | { readonly kind: "anonymous" }
  | { readonly kind: "attendee"; readonly prefix: string }
  | { readonly kind: "impostor" };

/** Docker asks for a token first even when it has no name to give. */
const ANONYMOUS_TOKEN = Buffer.from("anonymous:").toString("base64");

/**
 * Reads an Authorization header. A bearer token is the name and the password once more, in the form of Basic: they are derived, so
 * there is nothing to keep, and a token that ended earlier than they do would protect nothing.
 */
export function readVisitor(header: string | undefined, secret: string): Visitor {
  const encoded = /^(?:Basic|Bearer) +([A-Za-z0-9+/=]+)$/i.exec(header ?? "")?.[1];
  if (header === undefined || encoded === ANONYMOUS_TOKEN) return { kind: "anonymous" };
  const [, prefix, password] = /^([^:]+):(.*)$/.exec(Buffer.from(encoded ?? "", "base64").toString()) ?? [];
  if (prefix === undefined || password === undefined) return { kind: "impostor" };
  const isGenuine = isEqual(password, registryCredentialsOf(secret, prefix).password);
  return isGenuine ? { kind: "attendee", prefix } : { kind: "impostor" };
}

/** The token for a visitor that has shown who they are. */
export function tokenOf(header: string | undefined): string {
  return header?.replace(/^Basic +/i, "") ?? ANONYMOUS_TOKEN;
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
