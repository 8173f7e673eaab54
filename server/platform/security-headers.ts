/** Sent with every answer. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-frame-options": "SAMEORIGIN",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
};

export interface PolicyOptions {
  /** Fresh for every page; base64. */
  readonly nonce: string;
  readonly isDevelopment: boolean;
}

/**
 * The pages' Content-Security-Policy. Scripts run by nonce only. Styles may be inline: the terminal sizes its cells
 * with a style element of its own, and no style of ours holds anything that an attendee wrote.
 */
export function contentSecurityPolicy({ nonce, isDevelopment }: PolicyOptions): string {
  const evaluate = isDevelopment ? " 'unsafe-eval'" : "";
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${evaluate}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'self'",
  ].join("; ");
}
