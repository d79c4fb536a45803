import type { Page } from "@playwright/test";
import { expect, expectAccessible, expectAccessibleEverywhere, expectNoOverflow, phone, test } from "./fixtures.ts";

/** Opens the secret of this name from the list, by its search. */
async function open(page: Page, name: string): Promise<void> {
  await page.goto(`/secrets?q=${name}`);
  await page.getByRole("link", { name, exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(name);
}

async function ended(page: Page, words: string): Promise<void> {
  await expect(page.getByText(words, { exact: true }).first()).toBeVisible();
}

/** On paper, as narrow as it may be: when it was, every command to its last letter, and nothing to press. */
async function expectPrintable(page: Page): Promise<void> {
  await page.emulateMedia({ media: "print" });
  const times = page.locator("time").filter({ visible: true });
  await expect(times).toHaveText([/^at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/]);
  const commands = page.locator("pre");
  expect(await commands.count()).toBeGreaterThan(2);
  for (const command of await commands.all()) {
    await expect(command).toContainText(/^(export|docker|umask|openssl|LC_ALL|tr) /);
    const hidden = await command.evaluate((box) => {
      const around = [box, ...(box.parentElement ? [box.parentElement] : [])];
      const isCut = (each: Element) => each.scrollWidth > each.clientWidth || each.scrollHeight > each.clientHeight;
      return around.filter(isCut).length;
    });
    expect(hidden, (await command.textContent()) ?? "").toBe(0);
  }
  await expectNoOverflow(page);
  for (const role of ["navigation", "banner", "complementary", "button", "link"] as const)
    await expect(page.getByRole(role)).toHaveCount(0);
  await page.emulateMedia({ media: null });
}

test.describe
  .serial("the main job", () => {
    test("an unmanaged secret is adopted, rotated with a generated value, and the old version kept", async ({
      page,
    }) => {
      await open(page, "shop_session_key");
      await page.getByRole("link", { name: "Adopt", exact: true }).click();
      await page.getByRole("button", { name: "Adopt it" }).click();
      await expect(page).toHaveURL(/\/operations\//);
      await ended(page, "Done");

      await open(page, "shop_session_key");
      await page.getByRole("link", { name: "Rotate", exact: true }).click();
      await page.getByText("Make one; nobody sees it").click();
      await expect(page.getByRole("cell", { name: "shop_api" })).toBeVisible();
      await expectAccessible(page);
      await page.getByRole("button", { name: "Rotate 1 service" }).click();
      await expect(page).toHaveURL(/\/operations\//);
      await expect(page.getByText("Under way", { exact: true })).toBeVisible();
      await ended(page, "Done");
      await expect(page.getByText("3 of 3 tasks")).toBeVisible();
      await page.reload();
      await ended(page, "Done");
      await expectAccessible(page);

      await open(page, "shop_session_key");
      await expect(page.getByText("3 of 3 on v2")).toBeVisible();
      await expect(page.getByText("Previous", { exact: true })).toBeVisible();
      await expectAccessible(page);
    });

    test("a new secret is made from a typed value, which is in no answer and no address afterwards", async ({
      page,
    }) => {
      const canary = `canary-${Date.now()}-value`;
      const seen: string[] = [];
      page.on("response", async (response) => {
        seen.push(response.url());
        const type = response.headers()["content-type"] ?? "";
        if (/html|json|x-component/.test(type)) seen.push(await response.text().catch(() => ""));
      });
      await page.goto("/secrets/new");
      await page.getByLabel("Name").fill("a name");
      await expect(page.getByText("Use letters, digits")).toBeVisible();
      await page.getByLabel("Name").fill("e2e_typed");
      await page.getByLabel("Owner").fill("testers");
      await page.getByLabel("Owner").blur();
      await page.getByLabel("New value").fill(canary);
      await expect(page.getByText(`${canary.length} of 511,999 bytes`)).toBeVisible();
      await page.getByRole("button", { name: "Create e2e_typed_v1" }).click();
      await expect(page).toHaveURL(/\/operations\//);
      await ended(page, "Done");
      await open(page, "e2e_typed");
      await expect(page.getByText("Nothing uses it")).toBeVisible();
      expect(seen.join("\n").includes(canary)).toBe(false);
    });

    test("a service that fails with the new value is put back, and the page says so in the task's own words", async ({
      page,
    }) => {
      await open(page, "shop_payment_token");
      await page.getByRole("link", { name: "Adopt", exact: true }).click();
      await page.getByRole("button", { name: "Adopt it" }).click();
      await ended(page, "Done");

      await open(page, "shop_payment_token");
      await page.getByRole("link", { name: "Rotate", exact: true }).click();
      await page.getByText("I enter it").click();
      await page.getByLabel("Yes", { exact: false }).check();
      await page.getByLabel("New value").fill("not-a-token-of-the-provider");
      await page.getByRole("button", { name: "Rotate 1 service" }).click();
      await expect(page).toHaveURL(/\/operations\//);
      await ended(page, "Undone");
      await expect(page.getByText("non-zero exit").first()).toBeVisible();
      await expectAccessible(page);

      await open(page, "shop_payment_token");
      // Abandoned, until the gate lets it go: nothing names it any more.
      await expect(page.getByText(/^(Abandoned|Removed)$/).first()).toBeVisible();
    });

    test("a failure that cannot be undone waits for a person, who sees what each service has, what each choice does, and how to go on by hand", async ({
      page,
    }) => {
      await open(page, "shop_payment_token");
      await page.getByRole("link", { name: "Rotate", exact: true }).click();
      await page.getByText("I enter it").click();
      await page.getByRole("radio", { name: /^No/ }).check();
      await page.getByLabel("New value").fill("no-token-either");
      await page.getByRole("button", { name: "Rotate 1 service" }).click();
      await expect(page).toHaveURL(/\/operations\//);
      await expect(page.getByText("Needs a decision").first()).toBeVisible();
      await expect(page.getByText("so Skep put nothing back")).toBeVisible();
      // The Swarm itself may have rolled it back by now: then there is nothing to put back.
      await expect(page.getByText(/^(Puts shop_payments back|Gives the new version up)/)).toBeVisible();
      await expect(page.getByText(/^Now it names/)).toBeVisible();
      await expectAccessible(page);

      await page.getByRole("link", { name: "By hand" }).click();
      await expect(page.getByRole("heading", { name: "Or undo it" })).toBeVisible();
      await expect(page.getByText(/--secret-rm shop_payment_token|is moved already/).first()).toBeVisible();
      await expectAccessible(page);
      await page.setViewportSize(phone);
      await expectNoOverflow(page);
      await expectPrintable(page);

      await page.getByRole("link", { name: "Back to the operation" }).click();
      await page.getByRole("button", { name: "Undo all" }).click();
      await ended(page, "Undone");
    });

    test("the history shows who did it, opens to the steps, and is verified", async ({ page }) => {
      await page.goto("/audit?secret=shop_session_key");
      await expect(page.getByText("started rotating").first()).toBeVisible();
      await page.getByRole("link", { name: "steps", exact: true }).first().click();
      await expect(page.getByRole("link", { name: "The operation" })).toBeVisible();
      await page.getByRole("button", { name: "Verify now" }).click();
      await expect(page.getByRole("button", { name: "Verified; again" })).toBeVisible();
      await expect(page.getByText(/^Consistent up to/)).toBeVisible();
      await expectAccessible(page);
    });
  });

for (const path of ["/", "/secrets", "/services", "/operations", "/audit", "/secrets/new"]) {
  test(`${path} has no accessibility violation, wide or on a phone`, async ({ page }) => {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectAccessibleEverywhere(page);
  });
}
