import { expect, expectAccessible, expectAccessibleEverywhere, test } from "./fixtures.ts";

test("a service that is asleep is granted a secret from its own page, and is unverified until it next runs", async ({
  page,
}) => {
  await page.goto("/secrets/new?name=from_its_side&source=generated");
  await page.getByRole("button", { name: "Create from_its_side_v1" }).click();
  await expect(page).toHaveURL(/\/operations\//);
  await expect(page.getByText("Done", { exact: true }).first()).toBeVisible();

  await page.goto("/services?q=mailer");
  await page.getByRole("link", { name: /^shop_mailer/ }).click();
  await expect(page.getByText("Unverified until it runs")).toBeVisible();
  await page.getByRole("link", { name: "Grant a secret" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Grant a secret to shop_mailer");
  await expectAccessible(page);
  await page.getByRole("link", { name: /^from_its_side/ }).click();
  await expect(page.getByText("+ from_its_side", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Grant to shop_mailer" }).click();
  await expect(page).toHaveURL(/\/operations\//);
  await expect(page.getByText("Unverified, asleep").first()).toBeVisible();

  await page.goto("/services?q=mailer");
  await page.getByRole("link", { name: /^shop_mailer/ }).click();
  await expect(page.getByRole("link", { name: "from_its_side" }).first()).toBeVisible();
  await expectAccessibleEverywhere(page);
});

test("a secret in a service's environment comes with the way out of it", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("link", { name: "See the way out" }).click();
  await expect(page.getByText(/--env-rm DATABASE_PASSWORD/)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "New secret database_password" }).click();
  await expect(page.getByLabel("Name")).toHaveValue("database_password");
  await expect(page.getByRole("button", { name: "Create database_password_v1" })).toBeVisible();
});

test("a service that a bad deploy has left paused says so, in Docker's own words", async ({ page }) => {
  await page.goto("/");
  const line = page
    .getByRole("listitem")
    .filter({ hasText: "The last update of shop_catalog failed and stands still" });
  await line.getByRole("link", { name: "See why" }).click();
  await expect(page.getByText(/update paused due to failure/)).toBeVisible();
  await expect(page.getByText("failed", { exact: true }).first()).toBeVisible();
  await expectAccessible(page);
});
