import type { BrowserContext, Page } from "@playwright/test";
import { expect, expectAccessible, expectAccessibleEverywhere, test } from "./fixtures.ts";

const email = process.env.SKEP_E2E_EMAIL ?? "";
const password = process.env.SKEP_E2E_PASSWORD ?? "";

async function enter(page: Page, { as = email, by = password } = {}): Promise<void> {
  await page.getByLabel("E-mail").fill(as);
  await page.getByLabel(/^Password/).fill(by);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Ends the session of a browser from its own other tab, as an administrator would from hers. */
async function endSessionOf(context: BrowserContext, baseURL: string): Promise<void> {
  const { csrfToken } = await (await context.request.get("/api/auth/csrf")).json();
  const answer = await context.request.post("/api/auth/signout", {
    form: { csrfToken, callbackUrl: "/sign-in" },
    headers: { origin: baseURL },
    maxRedirects: 0,
  });
  expect(answer.status()).toBe(302);
}

/** No request is under way that would notice by itself that the session has ended. */
async function quiet(page: Page): Promise<void> {
  let askedAt = Date.now();
  page.on("request", () => {
    askedAt = Date.now();
  });
  await expect.poll(() => Date.now() - askedAt).toBeGreaterThan(2_000);
}

test.describe("somebody who is not signed in", () => {
  test.use({ signedIn: false });

  test("is led to the sign-in, and by keyboard alone back to where she wanted to go", async ({ page }) => {
    await page.goto("/settings/defaults?from=mail");
    await expect(page).toHaveURL(/\/sign-in\?returnTo=%2Fsettings%2Fdefaults%3Ffrom%3Dmail$/);
    await expect(page.getByLabel("E-mail")).toBeFocused();
    await page.keyboard.type(email);
    await page.keyboard.press("Tab");
    await page.keyboard.type(password);
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/settings\/defaults\?from=mail$/);
  });

  test("keeps her e-mail after a wrong password, and reads the same as somebody unknown", async ({ page }) => {
    await page.goto("/sign-in");
    await enter(page, { by: "not the password" });
    const sentence = page.getByText("do not fit together");
    await expect(sentence).toBeVisible();
    await expect(page.getByLabel("E-mail")).toHaveValue(email);
    await expect(page.getByLabel(/^Password/)).toHaveValue("");
    const known = await sentence.textContent();
    await enter(page, { as: "nobody@example.org", by: "not the password" });
    await expect(page.getByLabel("E-mail")).toHaveValue("nobody@example.org");
    expect(await sentence.textContent()).toBe(known);
    await expectAccessible(page);
  });

  test("is never led to another site", async ({ page }) => {
    await page.goto("/sign-in?returnTo=//evil.example/");
    await enter(page);
    await expect(page).toHaveURL((url) => url.pathname === "/" && url.hostname !== "evil.example");
  });
});

test.describe("somebody who is signed in", () => {
  test.use({ signedIn: false });

  test("and signed out in the middle of a form keeps what she typed", async ({ page, context, baseURL }) => {
    await page.goto("/sign-in?returnTo=/settings/defaults");
    await enter(page);
    await page.getByLabel("Keep the old version").fill("36 h");
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    await quiet(page);
    await endSessionOf(context, baseURL ?? "");
    await expect(page.getByText("Connecting", { exact: true })).toBeVisible();
    await page.getByRole("button", { name: "Save the defaults" }).click();
    await expect(page.getByText("You are no longer signed in.")).toBeVisible();
    await expect(page.getByLabel("Keep the old version")).toHaveValue("36 h");
    await page.goto("/settings/defaults");
    await expect(page).toHaveURL(/\/sign-in/);
  });

  test("and signed out while her page is being made anew keeps it, with what she typed", async ({
    page,
    context,
    browser,
    baseURL,
  }) => {
    await page.goto("/sign-in?returnTo=/settings/defaults");
    await enter(page);
    await page.getByLabel("Keep the old version").fill("36 h");
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    await quiet(page);
    // Whatever asks for the page comes a moment too late.
    const late = Promise.withResolvers<void>();
    let isLate = false;
    await page.route("**/settings/defaults**", async (route) => {
      const asked = route.request().headers();
      if (isLate || (!asked.rsc && !asked["next-action"])) return route.fallback();
      isLate = true;
      await endSessionOf(context, baseURL ?? "");
      await route.fulfill({ response: await route.fetch() });
      late.resolve();
    });
    const hers = await browser.newContext({ baseURL: baseURL ?? "", storageState: process.env.SKEP_E2E_SESSION ?? "" });
    const other = await hers.newPage();
    await other.goto("/settings/people");
    await other.getByLabel("E-mail").fill(`late-${Date.now()}@example.org`);
    await other.getByRole("button", { name: "Make an invitation" }).click();
    await late.promise;
    await hers.close();

    await expect(page.getByText("Connecting", { exact: true })).toBeVisible();
    await page.getByRole("button", { name: "Save the defaults" }).click();
    await expect(page.getByText("You are no longer signed in.")).toBeVisible();
    await expect(page).toHaveURL((url) => url.pathname === "/settings/defaults");
    await expect(page.getByLabel("Keep the old version")).toHaveValue("36 h");
  });

  test("invites somebody by a link that works once", async ({ page, browser, baseURL }) => {
    await page.goto("/sign-in?returnTo=/settings/people");
    await enter(page);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(/can sign in/);
    const guest = `guest-${Date.now()}@example.org`;
    await page.getByLabel("E-mail").fill(guest);
    await page.getByRole("button", { name: "Make an invitation" }).click();
    const link = await page.getByLabel("Pass this link on").inputValue();

    const theirs = await browser.newContext({ baseURL: baseURL ?? "" });
    const joining = await theirs.newPage();
    await joining.goto(link);
    await joining.getByLabel("Name").fill("Grace");
    await joining.getByLabel(/^Password/).fill("a long enough sentence");
    await joining.keyboard.press("Enter");
    await expect(joining).toHaveURL((url) => url.pathname === "/");
    await joining.goto("/settings/account");
    await expect(joining.getByText(`${guest}, viewer.`)).toBeVisible();
    await joining.goto("/settings/people");
    await expect(joining.getByText("Administrators see who is here.")).toBeVisible();
    // A form that her role cannot send is not filled in first.
    for (const path of ["/secrets/new", "/secrets/rotate"]) {
      await joining.goto(path);
      await expect(joining.getByText("Your role does not allow this")).toBeVisible();
    }
    await joining.goto(link);
    await expect(joining.getByText("no longer works")).toBeVisible();
    await theirs.close();
  });
});

test.describe("the front door", () => {
  test("gives every page a policy with a fresh nonce, and lets nobody keep or frame it", async ({ page }) => {
    const policies: string[] = [];
    for (const path of ["/", "/settings/account", "/sign-in"]) {
      const headers = (await page.goto(path))?.headers() ?? {};
      expect(headers).toMatchObject({
        "cache-control": expect.stringContaining("no-store"),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
      });
      policies.push(headers["content-security-policy"] ?? "");
    }
    for (const policy of policies) expect(policy).toMatch(/script-src 'self' 'nonce-[\w+/=]{24}' 'strict-dynamic';/);
    expect(new Set(policies).size).toBe(policies.length);
  });

  test("answers to its own names only, but tells anybody that it serves", async ({ playwright, baseURL }) => {
    const request = await playwright.request.newContext({
      baseURL: baseURL ?? "",
      extraHTTPHeaders: { host: "rebound.example" },
    });
    for (const path of ["/sign-in", "/sign-in/", "/no-such-page"]) {
      expect((await request.get(path, { maxRedirects: 0 })).status()).toBe(421);
    }
    expect((await request.fetch("/sign-in", { method: "TRACE" })).status()).toBe(405);
    const health = await request.get("/api/health");
    expect([health.status(), await health.json()]).toEqual([200, { status: "serving" }]);
    await request.dispose();
  });

  test("refuses changes that another site asks for, cookie or not", async ({ page, baseURL }) => {
    for (const origin of ["https://evil.example", "null", ""]) {
      const headers: Record<string, string> = origin ? { origin } : {};
      const answer = await page.request.post(`${baseURL}/api/activity`, { headers });
      expect([origin, answer.status()]).toEqual([origin, 403]);
    }
  });

  test("gives the session to no script", async ({ page }) => {
    await page.goto("/settings/account");
    expect(await page.evaluate(() => document.cookie)).toBe("");
  });
});

test("what pages do by themselves is no activity; what a person does is", async ({ page }) => {
  const beacons: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/api/activity")) beacons.push(request.method());
  });
  await page.goto("/settings/account");
  await page.evaluate(() => document.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true })));
  expect(beacons).toEqual([]);
  // Again and again, until the page listens.
  await expect(async () => {
    await page.keyboard.press("Shift");
    expect(beacons).toEqual(["POST"]);
  }).toPass();
  await page.keyboard.press("Shift");
  await page.mouse.wheel(0, 50);
  expect(beacons).toEqual(["POST"]);
});

for (const path of ["/settings/account", "/settings/people", "/settings/swarm", "/settings/defaults"]) {
  test(`${path} has no accessibility violation, wide or on a phone`, async ({ page }) => {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectAccessibleEverywhere(page);
  });
}
