import { randomUUID } from "node:crypto";
import { expect, test } from "@playwright/test";
import { terminalText, untilTerminalShows } from "../support/terminal-text";
import { becomeInstructor, join, openBrowser, typeCommand, type Place } from "./people";

const place = (): Place => ({
  url: process.env["E2E_URL"] ?? "",
  joinCode: process.env["E2E_JOIN_CODE"] ?? "",
  setupUrl: process.env["E2E_SETUP_URL"] ?? "",
  password: process.env["E2E_PASSWORD"] ?? "",
});

test("an attendee passes a step in a real sandbox and the instructor's board shows it", async ({
  browser,
}) => {
  const instructor = await openBrowser(browser);
  await becomeInstructor(instructor.page, place());
  await instructor.page.getByRole("link", { name: /Demo cohort(?! with)/ }).click();
  await instructor.page.waitForURL(/\/teach\/.+/);

  const attendee = await openBrowser(browser);
  const name = `Ada ${randomUUID().slice(0, 8)}`;
  await join(attendee.page, place(), name);
  await untilTerminalShows(attendee.page, /\$\s*$/, 60_000);
  const row = instructor.page.getByRole("row", { name: new RegExp(name) });
  await expect(row).toBeVisible();

  await typeCommand(attendee.page, "docker run hello-world");
  await untilTerminalShows(attendee.page, /Hello from/, 60_000);
  const checks = attendee.page.getByRole("region", { name: "Checks" });
  const press = attendee.page.getByRole("button", { name: /Check my work|Check again/ });
  if (await press.isEnabled()) await press.click();
  await expect(checks.locator('[data-verdict="passed"]').first()).toBeVisible();
  await expect(checks.locator('[data-verdict="failed"]')).toHaveCount(0);
  await expect(checks).toContainText("Seen");
  await expect(row.getByText("passed").first()).toBeAttached();

  // Reload: the same shell with the same scrollback; nothing is asked again.
  await typeCommand(attendee.page, "MARK=kept-$((40+2)); echo $MARK");
  await untilTerminalShows(attendee.page, /kept-42/);
  await attendee.page.reload();
  await untilTerminalShows(attendee.page, /Hello from[\s\S]*kept-42/);
  await typeCommand(attendee.page, "echo again-$MARK");
  await untilTerminalShows(attendee.page, /again-kept-42/);
  expect(attendee.troubles).toEqual([]);
  expect(instructor.troubles).toEqual([]);
});

test("a rejoin code brings a person back to the same shell on another device", async ({ browser }) => {
  const laptop = await openBrowser(browser);
  await join(laptop.page, place(), "Grace Hopper");
  const card = laptop.page.getByLabel("Your rejoin code");
  await expect(card).toBeVisible();
  const code = /[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}/.exec((await card.textContent()) ?? "")?.[0] ?? "";
  expect(code).not.toBe("");
  await untilTerminalShows(laptop.page, /\$\s*$/, 60_000);
  await typeCommand(laptop.page, "echo from-the-$((1))st-device");
  await untilTerminalShows(laptop.page, /from-the-1st-device/);

  const tablet = await openBrowser(browser);
  await tablet.page.goto(`${place().url}/rejoin#${code}`);
  await tablet.page.getByRole("button", { name: /continue|rejoin|come back/i }).click();
  await tablet.page.waitForURL(/\/cohorts\//);
  await tablet.page.getByRole("link", { name: /Your first containers/ }).click();
  await tablet.page.waitForURL(/\/labs\//);
  await untilTerminalShows(tablet.page, /from-the-1st-device/, 60_000);
  expect(await terminalText(tablet.page)).toContain("from-the-1st-device");
});

test("a wrong code is refused in words, and the form keeps what was typed", async ({ browser }) => {
  const { page } = await openBrowser(browser);
  await page.goto(place().url);
  await page.getByLabel("Join code").fill("ZZZZ-ZZZZ");
  await page.getByLabel("Your name").fill("<b>Mallory</b>");
  await page.getByRole("button", { name: "Join", exact: true }).click();
  await expect(page.getByText(/No workshop has this code/)).toBeVisible();
  await expect(page.getByLabel("Your name")).toHaveValue("<b>Mallory</b>");
});
