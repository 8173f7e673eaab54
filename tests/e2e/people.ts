import type { Browser, Page } from "@playwright/test";

/** A platform as journeys know it. */
export interface Place {
  readonly url: string;
  readonly joinCode: string;
  /** The one-time link that makes the first instructor. */
  readonly setupUrl: string;
  /** What whoever uses the link first takes as their password. */
  readonly password: string;
}

export interface Person {
  readonly page: Page;
  /** What the page has reported as broken so far. */
  readonly troubles: string[];
}

/** A person with a browser of their own, without anybody's cookies. */
export async function openBrowser(browser: Browser): Promise<Person> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && /content security policy|hydrat/i.test(message.text()))
      troubles.push(message.text());
  });
  return { page, troubles };
}

/** Types code and name; resolves in the lab, with when the button was pressed and when the lab's address was there. */
export async function join(
  page: Page,
  { url, joinCode }: Pick<Place, "url" | "joinCode">,
  name: string,
): Promise<{ pressedAtMs: number; joinedAtMs: number }> {
  await page.goto(url);
  await page.getByLabel("Join code").fill(joinCode);
  await page.getByLabel("Your name").fill(name);
  const pressedAtMs = performance.now();
  await page.getByRole("button", { name: "Join", exact: true }).click();
  await page.waitForURL(/\/labs\//);
  return { pressedAtMs, joinedAtMs: performance.now() };
}

/** The setup link works once: after the first journey its admin signs in. */
export async function becomeInstructor(
  page: Page,
  { url, setupUrl, password }: Omit<Place, "joinCode">,
): Promise<void> {
  const email = "ines@example.com";
  await page.goto(setupUrl);
  const isUsed = page.getByText(/used already/);
  const make = page.getByRole("button", { name: "Set up and continue" });
  await isUsed.or(make).waitFor();
  if (await isUsed.isVisible()) {
    await page.goto(`${url}/sign-in`);
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
  } else {
    await page.getByLabel("Your name").fill("Ines Instructor");
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByLabel("Password again").fill(password);
    await make.click();
  }
  await page.waitForURL(/\/teach$/);
}

/** Into the terminal on the screen, whatever had the focus. */
export async function typeCommand(page: Page, command: string): Promise<void> {
  await page.locator(".xterm-helper-textarea").first().focus();
  await page.keyboard.type(`${command}\n`);
}
