import type { IncomingMessage } from "node:http";

/** True when `origin` is exactly one of ours: scheme, host and port compared as a whole, never a part of them. */
export type IsAllowedOrigin = (origin: string | undefined) => boolean;

/** Accepts the origins of `publicUrls` and nothing else; no origin at all is refused. */
export function createOriginRule(publicUrls: readonly string[]): IsAllowedOrigin {
  const allowed = new Set(publicUrls.map((url) => new URL(url).origin));
  return (origin) => origin !== undefined && allowed.has(origin);
}

/**
 * True when a request that changes something was sent by one of our own pages, or by a program that is no browser.
 * Browsers send Origin with every POST and say in Sec-Fetch-Site where it comes from; `none` and `same-site` are not
 * enough, since previews of attendees' programs may share our site.
 */
export function isSameOriginWrite(request: IncomingMessage, isAllowedOrigin: IsAllowedOrigin): boolean {
  const { origin, "sec-fetch-site": site } = request.headers;
  if (origin !== undefined) return isAllowedOrigin(origin);
  return site === undefined || site === "same-origin";
}
