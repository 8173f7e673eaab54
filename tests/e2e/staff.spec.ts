import { randomUUID } from "node:crypto";
import { expect, test } from "@playwright/test";
import { becomeInstructor, openBrowser } from "./people";

const place = () => ({
  url: process.env["E2E_URL"] ?? "",
  setupUrl: process.env["E2E_SETUP_URL"] ?? "",
  password: process.env["E2E_PASSWORD"] ?? "",
});

test("an admin invites an instructor, gives them a new password, and removes them", async ({ browser }) => {
  const admin = await openBrowser(browser);
  await becomeInstructor(admin.page, place());
  const staff = admin.page.getByRole("region", { name: "Who teaches here" });
  const dialog = admin.page.getByRole("dialog");
  const readLink = async (): Promise<string> => {
    const link = (await dialog.getByText("/setup#").textContent()) ?? "";
    await admin.page.keyboard.press("Escape");
    return link;
  };

  await staff.getByRole("button", { name: "Invite an instructor" }).click();
  const invitation = await readLink();
  const invited = await openBrowser(browser);
  const email = `${randomUUID()}@example.org`;
  await invited.page.goto(invitation);
  await expect(invited.page.getByRole("heading", { name: "Teach on this Slipway" })).toBeVisible();
  await invited.page.getByLabel("Your name").fill("Ines Invited");
  await invited.page.getByLabel("E-mail").fill(email);
  await invited.page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await invited.page.getByLabel("Password again").fill("correct horse battery");
  await invited.page.getByRole("button", { name: "Make my account" }).click();
  await invited.page.waitForURL(/\/teach$/);
  await expect(invited.page.getByRole("heading", { name: "Cohorts" })).toBeVisible();
  await expect(invited.page.getByText("Who teaches here")).toBeHidden();

  const again = await openBrowser(browser);
  await again.page.goto(invitation);
  await expect(again.page.getByText("This link cannot be used")).toBeVisible();

  await admin.page.reload();
  await staff.getByRole("button", { name: "Change Ines Invited" }).first().click();
  await admin.page.getByRole("menuitem", { name: "Link for a new password" }).click();
  await again.page.goto("about:blank");
  await again.page.goto(await readLink());
  await expect(again.page.getByRole("textbox", { name: "Account" })).toHaveValue(email);
  await again.page.getByLabel("Password", { exact: true }).fill("another horse, another battery");
  await again.page.getByLabel("Password again").fill("another horse, another battery");
  await again.page.getByRole("button", { name: "Set it and sign in" }).click();
  await again.page.waitForURL(/\/teach$/);
  // What was open under the old password has ended.
  await invited.page.reload();
  await expect(invited.page.getByRole("link", { name: "Sign in" })).toBeVisible();

  await staff.getByRole("button", { name: "Change Ines Invited" }).first().click();
  await admin.page.getByRole("menuitem", { name: /^Remove/ }).click();
  await expect(staff.getByText("removed")).toBeVisible();
  await again.page.reload();
  await expect(again.page.getByRole("link", { name: "Sign in" })).toBeVisible();
  for (const { troubles } of [admin, invited, again]) expect(troubles).toEqual([]);
});
