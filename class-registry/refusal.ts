import type { ServerResponse } from "node:http";

/** A no in the form that Docker prints: `denied: <message>`. */
export interface Refusal {
  readonly status: number;
  readonly code:
    "UNAUTHORIZED" | "DENIED" | "UNSUPPORTED" | "TOOMANYREQUESTS" | "UNAVAILABLE" | "NAME_UNKNOWN";
  /** For the attendee: what is so, and what to do. */
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function refuse(response: ServerResponse, { status, code, message, headers }: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({ errors: [{ code, message, detail: null }] });
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "docker-distribution-api-version": "registry/2.0",
    ...headers,
  });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
