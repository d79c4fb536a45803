import { expect, expectEnd, tabTo, test, unverified } from "./fixtures.ts";

test("a secret is found, adopted and rotated by keys alone", async ({ page }) => {
  await page.goto("/secrets");
  await page.keyboard.press("/");
  await page.keyboard.type("pager");
  await expect(page).toHaveURL(/q=pager/);
  await page.keyboard.press("ArrowDown");
  await expect(page.locator(":focus")).toHaveText(/^monitoring_pager_key/);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/monitoring_pager_key/);
  await tabTo(page, "Adopt");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: /^Adopt/ })).toBeVisible();
  await tabTo(page, /^Adopt/);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/operations\//);
  await expect(page.getByText("Done", { exact: true }).first()).toBeVisible();
  await tabTo(page, "monitoring_pager_key");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/secrets\//);
  await tabTo(page, "Rotate");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/rotate/);
  await expect(page.getByRole("radio", { name: /^I enter it/ })).toBeChecked();
  await page.getByRole("radio", { name: /^I enter it/ }).focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await expect(page.getByRole("radio", { name: /nobody sees it/ })).toBeChecked();
  await expect(page.getByRole("button", { name: "Rotate 1 service" })).toBeVisible();
  await tabTo(page, "Rotate 1 service");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/operations\//);
  await expectEnd(page, unverified);
});

test("J and K lead into a list from wherever the focus is", async ({ page }) => {
  await page.goto("/secrets?sort=name");
  const rows = page.locator("tbody tr[data-index] a");
  await expect(rows.first()).toBeVisible();
  await page.keyboard.press("j");
  await expect(rows.first()).toBeFocused();
  await page.keyboard.press("j");
  await expect(rows.nth(1)).toBeFocused();
  await page.keyboard.press("k");
  await expect(rows.first()).toBeFocused();
});
