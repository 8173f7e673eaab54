import { mkdir } from "node:fs/promises";
import path from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { untilTerminalShows } from "../support/terminal-text";
import { becomeInstructor, join, openBrowser } from "./people";

const place = () => ({
  url: process.env["E2E_URL"] ?? "",
  joinCode: process.env["E2E_JOIN_CODE"] ?? "",
  setupUrl: process.env["E2E_SETUP_URL"] ?? "",
  password: process.env["E2E_PASSWORD"] ?? "",
});
/** A folder for pictures of every page; none are taken without it. */
const folder = process.env["SCREENSHOTS"];
const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };

/** Looks at a page in both themes, wide and narrow: it fits, and says what it is. */
async function look(
  page: Page,
  name: string,
  { address, heading }: { readonly address: string; readonly heading: RegExp },
): Promise<void> {
  for (const theme of ["dark", "light"])
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      await page.goto(address);
      await page.evaluate((wanted) => {
        localStorage.setItem("theme", wanted);
      }, theme);
      await page.reload();
      await expect(page.getByRole("heading", { name: heading }).first()).toBeVisible();
      await expect(page.locator("html")).toHaveClass(new RegExp(theme));
      await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, `${name}, ${theme}, ${size}: wider than the window by`).toBeLessThanOrEqual(0);
      if (folder === undefined) continue;
      await mkdir(folder, { recursive: true });
      await page.screenshot({ path: path.join(folder, `${name}-${theme}-${size}.png`) });
    }
}

test("every page fits, dark and light, wide and narrow, for a stranger, an attendee and an instructor", async ({
  browser,
}) => {
  test.slow();
  const { url } = place();
  const stranger = await openBrowser(browser);
  await look(stranger.page, "join", { address: `${url}/`, heading: /./ });
  await look(stranger.page, "rejoin", { address: `${url}/rejoin`, heading: /./ });
  await look(stranger.page, "preflight", { address: `${url}/preflight`, heading: /./ });
  await look(stranger.page, "sign-in", { address: `${url}/sign-in`, heading: /Instructor sign-in/ });
  await look(stranger.page, "signed-out", { address: `${url}/teach`, heading: /not signed in/ });
  await look(stranger.page, "nowhere", { address: `${url}/nowhere`, heading: /./ });

  const attendee = await openBrowser(browser);
  await join(attendee.page, place(), "Paula Page");
  await untilTerminalShows(attendee.page, /\$\s*$/, 60_000);
  const lab = attendee.page.url();
  await look(attendee.page, "lab", { address: lab, heading: /./ });
  await look(attendee.page, "cohort", { address: lab.replace(/\/labs\/.*$/, ""), heading: /./ });

  const instructor = await openBrowser(browser);
  await becomeInstructor(instructor.page, place());
  await look(instructor.page, "teach", { address: `${url}/teach`, heading: /Cohorts/ });
  await instructor.page.getByRole("link", { name: /Demo cohort(?! with)/ }).click();
  await instructor.page.waitForURL(/\/teach\/.+/);
  await look(instructor.page, "board", { address: instructor.page.url(), heading: /Demo cohort/ });
  for (const { troubles } of [stranger, attendee, instructor]) expect(troubles).toEqual([]);
});
