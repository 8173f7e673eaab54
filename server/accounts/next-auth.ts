import type { AuthOptions } from "next-auth";
import * as nextAuthModule from "next-auth";
import * as credentialsModule from "next-auth/providers/credentials";
import type { CredentialsConfig } from "next-auth/providers/credentials";

export type { AuthOptions } from "next-auth";
export { decode as decodeToken, encode as encodeToken } from "next-auth/jwt";

/** The request that next-auth's API handler reads: Node's, with what Next would have parsed. */
export interface NextAuthRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Readonly<Record<string, string>> | undefined;
}

/** The response methods that next-auth's API handler calls. */
export interface NextAuthResponse {
  status(code: number): NextAuthResponse;
  getHeader(name: string): number | string | string[] | undefined;
  setHeader(name: string, value: string | string[]): NextAuthResponse;
  json(body: unknown): void;
  send(body: unknown): void;
  end(): void;
}

/** next-auth's API handler. It is CommonJS: Node, esbuild and vitest nest its default export differently. */
export const runNextAuth = defaultOf(nextAuthModule) as (
  request: NextAuthRequest,
  response: NextAuthResponse,
  options: AuthOptions,
) => Promise<void>;

/** next-auth's provider for a form with fields of our own. */
export const credentialsProvider = defaultOf(credentialsModule) as (options: object) => CredentialsConfig;

function defaultOf(module: unknown): unknown {
  let current = module;
  for (let depth = 0; depth < 3 && typeof current !== "function"; depth += 1) {
    current = (current as { default?: unknown }).default;
  }
  if (typeof current !== "function") throw new TypeError("next-auth exports no function");
  return current;
}
