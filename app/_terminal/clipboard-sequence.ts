/** Longest text that a program may put on the clipboard, in characters of base64. */
const BASE64_LENGTH_MAX = 1024 * 1024;

/**
 * The text of an OSC 52 write (`c;<base64>`). `undefined` for reads (`c;?`), for anything malformed, and for what is too
 * long: all of them are ignored.
 */
export function parseClipboardWrite(payload: string): string | undefined {
  const separator = payload.indexOf(";");
  const encoded = payload.slice(separator + 1);
  if (separator < 0 || encoded === "" || encoded === "?" || encoded.length > BASE64_LENGTH_MAX)
    return undefined;
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
