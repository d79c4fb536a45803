import { expect, test } from "./fixtures.ts";

test("what happened before a page could listen is shown all the same", async ({ page, context }) => {
  let mayListen = () => {};
  const gate = new Promise<void>((resolve) => {
    mayListen = resolve;
  });
  await page.route("**/api/live", async (route) => {
    await gate;
    await route.continue().catch(() => undefined);
  });
  await page.goto("/secrets/new?name=unheard&source=generated");
  await page.getByRole("button", { name: "Create unheard_v1" }).click();
  await expect(page).toHaveURL(/\/operations\//);

  const other = await context.newPage();
  await expect(async () => {
    await other.goto(page.url());
    await expect(other.getByText("Done", { exact: true }).first()).toBeVisible({ timeout: 1000 });
  }).toPass();
  await other.close();

  mayListen();
  await expect(page.getByText("Done", { exact: true }).first()).toBeVisible();
});
