import { gzipSync } from "node:zlib";
import type { BrowserContext, Page } from "@playwright/test";
import { joinAs, untilSandboxReady, type Attendee } from "../support/attendee";
import { launchBrowser } from "../support/browser";
import { makeDataFolder, removeDataFolder, startPlatform } from "../support/platform";
import { untilTerminalShows } from "../support/terminal-text";
import { percentile, printResult } from "./bench-result";

const VISITS = 9;
/** In the minified terminal library and nowhere else. */
const TERMINAL_MARK = "xterm-helper-textarea";

/** `page`: the lab page's JavaScript besides the terminal's chunk, gzipped; navigation to a prompt that takes keys. */
async function bench(): Promise<void> {
  const dataFolder = await makeDataFolder();
  const platform = await startPlatform({ dataFolder });
  const browser = await launchBrowser();
  try {
    const attendee = await joinAs("Page", platform);
    await untilSandboxReady(attendee);
    const enrollment = await attendee.api.cohorts.enrollment.query({ cohortId: attendee.cohortId });
    const address = `${platform.url}/cohorts/${attendee.cohortId}/labs/${enrollment.labs[0]?.labId ?? ""}`;
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
    await signIn(context, attendee);
    const sizes = await measureScripts(context, address);
    const promptMs: number[] = [];
    for (let visit = 0; visit < VISITS; visit += 1) promptMs.push(await measurePrompt(context, address));
    // The first visits fill the browser's cache and open the first terminal.
    const warm = promptMs.slice(2);
    printResult({
      name: "page",
      figures: {
        ...sizes,
        promptMs: percentile(warm, 50),
        promptFirstMs: promptMs[0] ?? Number.NaN,
        promptP95Ms: percentile(warm, 95),
      },
      baseline: {},
      ratios: {},
    });
  } finally {
    await browser.close();
    await platform.stop();
    await removeDataFolder(dataFolder);
  }
}

async function signIn(context: BrowserContext, attendee: Attendee): Promise<void> {
  const pairs = (attendee.headers()["cookie"] ?? "").split("; ").filter((pair) => pair !== "");
  const { origin } = new URL(attendee.url);
  await context.addCookies(
    pairs.map((pair) => ({
      name: pair.split("=")[0] ?? "",
      value: pair.slice(pair.indexOf("=") + 1),
      url: origin,
    })),
  );
}

async function measureScripts(context: BrowserContext, address: string): Promise<Record<string, number>> {
  const page = await context.newPage();
  const scripts = new Map<string, Promise<Buffer>>();
  page.on("response", (response) => {
    if (response.request().resourceType() === "script") scripts.set(response.url(), response.body());
  });
  await page.goto(address);
  await untilPrompt(page);
  let [labBytes, terminalBytes] = [0, 0];
  for (const body of scripts.values()) {
    const script = await body;
    const bytes = gzipSync(script).length;
    if (script.includes(TERMINAL_MARK)) terminalBytes += bytes;
    else labBytes += bytes;
  }
  await page.close();
  return { labPageJsKiB: labBytes / 1_024, terminalJsKiB: terminalBytes / 1_024 };
}

async function measurePrompt(context: BrowserContext, address: string): Promise<number> {
  const page = await context.newPage();
  const startedAtMs = performance.now();
  await page.goto(address, { waitUntil: "commit" });
  await untilPrompt(page);
  // Usable: a key that is pressed comes back.
  await page.keyboard.press("#");
  await untilTerminalShows(page, /\$ #\s*$/);
  const promptMs = performance.now() - startedAtMs;
  await page.keyboard.press("Backspace");
  await untilTerminalShows(page, /\$\s*$/);
  await page.close();
  return promptMs;
}

async function untilPrompt(page: Page): Promise<void> {
  await untilTerminalShows(page, /\$\s*$/);
}

await bench();
