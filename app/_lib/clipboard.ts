/**
 * Puts text on the clipboard. Works without HTTPS too, where browsers offer only the old way: it needs a key press or a
 * click. False when the browser refused.
 */
export async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** The clipboard's text, or null when the browser does not let a page read it: the reader then pastes by key. */
export async function readClipboard(): Promise<string | null> {
  try {
    return await navigator.clipboard.readText();
  } catch {
    return null;
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  try {
    // Deprecated and without a successor on plain HTTP, which a classroom's local address is.
    return (document as { execCommand(command: string): boolean }).execCommand("copy");
  } finally {
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}
