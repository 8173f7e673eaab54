import type { Page } from "@playwright/test";

/** What the active terminal shows, as text; empty before there is one. The page leaves it for tests at `__slipwayTerminal`. */
export async function terminalText(page: Page): Promise<string> {
  return page.evaluate(
    () => (globalThis as { __slipwayTerminal?: { text(): string } }).__slipwayTerminal?.text() ?? "",
  );
}

/** Resolves when the active terminal's text matches. */
export async function untilTerminalShows(page: Page, pattern: RegExp, timeoutMs = 30_000): Promise<void> {
  await page.waitForFunction(
    (source) =>
      new RegExp(source).test(
        (globalThis as { __slipwayTerminal?: { text(): string } }).__slipwayTerminal?.text() ?? "",
      ),
    pattern.source,
    { timeout: timeoutMs, polling: 20 },
  );
}
