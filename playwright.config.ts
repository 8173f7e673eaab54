import { defineConfig } from "@playwright/test";
import { BROWSER_ARGS } from "./tests/support/browser";

/** A few journeys in a real browser against the real server, engine and sandboxes. The fixtures start them. */
export default defineConfig({
  testDir: "tests/e2e",
  timeout: 180_000,
  expect: { timeout: 20_000 },
  workers: 1,
  retries: 0,
  outputDir: "test-results",
  globalSetup: "./tests/e2e/start-platform.ts",
  use: {
    viewport: { width: 1280, height: 720 },
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: BROWSER_ARGS,
    },
  },
});
