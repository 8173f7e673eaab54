import { chromium, expect, test, type Page } from "@playwright/test";
import { BROWSER_ARGS } from "../support/browser";
import { layCable, type CuttableCable } from "../support/cuttable-cable";
import { terminalText, untilTerminalShows } from "../support/terminal-text";
import { join } from "./people";

const place = () => ({
  url: process.env["E2E_URL"] ?? "",
  joinCode: process.env["E2E_JOIN_CODE"] ?? "",
});

test("what is typed the moment the terminal has the focus arrives whole, at first and after reloads", async ({
  page,
}) => {
  await join(page, place(), "Tony Typist");
  for (let visit = 1; visit <= 5; visit += 1) {
    // No waiting for a prompt, a socket or a shell: the emulator takes keys, so none may be lost.
    await expect(page.locator(".xterm-helper-textarea")).toBeFocused({ timeout: 60_000 });
    await page.keyboard.type(`for n in 1 2 3; do echo "visit-${String(visit)}-line-$n"; done\n`);
    await untilTerminalShows(
      page,
      new RegExp(
        `\\nvisit-${String(visit)}-line-1\\nvisit-${String(visit)}-line-2\\nvisit-${String(visit)}-line-3\\n`,
      ),
    );
    await page.reload();
  }
  await untilTerminalShows(page, /visit-5-line-3/);
  expect(await terminalText(page)).not.toMatch(/syntax error|command not found/);
});

/** A browser of its own, whose only way to the platform is the cable. Going offline would only make Chromium hold bytes back. */
async function openOverCable(cable: CuttableCable): Promise<Page> {
  const { host } = new URL(place().url);
  const rule = `--host-resolver-rules=MAP ${host} 127.0.0.1:${String(cable.port)}`;
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: [...BROWSER_ARGS, rule],
  });
  return browser.newPage();
}

test("a cut of two seconds during output loses and repeats nothing, and what was typed meanwhile runs", async () => {
  const cable = await layCable(Number(new URL(place().url).port));
  const page = await openOverCable(cable);
  await join(page, place(), "Cora Cut");
  await untilTerminalShows(page, /\$\s*$/, 60_000);
  await page.keyboard.type("for n in $(seq 1 400); do echo row-$n; sleep 0.01; done\n");
  await untilTerminalShows(page, /\nrow-20\n/);
  cable.cut();
  const cutAtMs = Date.now();
  await page.keyboard.type("echo typed-$((6*7))-while-away\n");
  await expect(page.getByText("Reconnecting.")).toBeVisible();
  await expect.poll(() => Date.now() - cutAtMs).toBeGreaterThan(2_000);
  cable.mend();
  await untilTerminalShows(page, /\ntyped-42-while-away\n/, 60_000);
  // The terminal echoes what is typed meanwhile into the line that is being printed: a row may not begin its line.
  const rows = (await terminalText(page)).match(/row-\d+$/gm);
  expect(rows).toEqual(Array.from({ length: 400 }, (_, index) => `row-${String(index + 1)}`));
  expect((await terminalText(page)).match(/^typed-42-while-away$/gm)).toHaveLength(1);
  await page.context().browser()?.close();
  await cable.close();
});

test("a full-screen program is as it was after a reload, and goes on", async ({ page }) => {
  await join(page, place(), "Nina Nano");
  await untilTerminalShows(page, /\$\s*$/, 60_000);
  await page.keyboard.type("nano ~/poem.txt\n");
  await untilTerminalShows(page, /GNU nano .*poem\.txt/);
  await page.keyboard.type("Größe: tiger, 老虎 ");
  await untilTerminalShows(page, /Größe: tiger, 老虎/);
  await page.setViewportSize({ width: 1100, height: 640 });
  await page.reload();
  await untilTerminalShows(page, /GNU nano .*poem\.txt[^]*Größe: tiger, 老虎[^]*\^X/);
  await expect(page.locator(".xterm-helper-textarea")).toBeFocused();
  await page.keyboard.type("burning bright");
  await untilTerminalShows(page, /老虎 burning bright/);
  await page.keyboard.press("Control+s");
  await page.keyboard.press("Control+x");
  await untilTerminalShows(page, /\$\s*$/);
  await page.keyboard.type("clear; grep -c 'tiger, 老虎 burning bright' ~/poem.txt\n");
  await untilTerminalShows(page, /^1\n/m);
  await expect(page.getByRole("tab", { name: "bash" })).toBeVisible();
});

test("a terminal whose agent was killed says so, and another takes its place", async ({ page }) => {
  await join(page, place(), "Agnes Agent");
  await untilTerminalShows(page, /\$\s*$/, 60_000);
  await page.keyboard.type("echo before-$((6*7)); sudo pkill -9 -f agent.mjs\n");
  await untilTerminalShows(page, /before-42/);
  await expect(page.getByText("This shell is gone.")).toBeVisible({ timeout: 60_000 });
  expect(await terminalText(page)).toContain("before-42");
  await page.getByRole("button", { name: "I have saved it" }).click();
  await page.getByRole("button", { name: "Open a new one" }).click();
  await untilTerminalShows(page, /\$\s*$/, 60_000);
  expect(await terminalText(page)).not.toContain("before-42");
  await page.keyboard.type("echo after-$((40+2))\n");
  await untilTerminalShows(page, /after-42/);
  await expect(page.getByText("This shell is gone.")).toBeHidden();
});

test("where WebSockets are blocked terminals work over plain HTTP, and many of them leave the page its connections", async ({
  page,
}) => {
  await page.addInitScript(() => {
    class Blocked extends EventTarget {
      onclose: ((event: { code: number; reason: string }) => void) | null = null;
      constructor() {
        super();
        queueMicrotask(() => this.onclose?.({ code: 1006, reason: "" }));
      }
      close(): void {
        // It never opened.
      }
    }
    Object.assign(window, { WebSocket: Blocked });
  });
  await join(page, place(), "Proxy Pat");
  await untilTerminalShows(page, /\$\s*$/, 60_000);
  await expect(page.getByText("over plain HTTP")).toBeVisible();
  await page.keyboard.type("echo by-$((40+2))-http\n");
  await untilTerminalShows(page, /\nby-42-http\n/);
  // A browser makes six connections to a server, and the lab page itself listens on two.
  for (let count = 2; count <= 7; count += 1) {
    await page.getByRole("button", { name: "New terminal" }).click();
    await expect(page.getByRole("tab")).toHaveCount(count);
    await untilTerminalShows(page, /^[^\n]*\$\s*$/, 30_000);
    await page.keyboard.type(`echo tab-${String(count)}-$((40+2))\n`);
    await untilTerminalShows(page, new RegExp(`\\ntab-${String(count)}-42\\n`));
  }
  await page.getByRole("tab").first().click();
  await untilTerminalShows(page, /\nby-42-http\n/);
});
