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

test("a page is made anew by its action alone: by the router's own refresh a redirect could come in its place", async ({
  page,
  context,
}) => {
  await page.goto("/secrets");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  const asked = new Set<string>();
  page.on("request", (request) => {
    const names = Object.keys(request.headers());
    if (names.includes("next-action")) asked.add("action");
    if (names.includes("rsc") && !names.some((name) => name.includes("prefetch"))) asked.add("router");
  });
  const other = await context.newPage();
  await other.goto("/secrets/new?name=tells_others&source=generated");
  await other.getByRole("button", { name: "Create tells_others_v1" }).click();
  await expect(page.getByRole("link", { name: "tells_others", exact: true })).toBeVisible();
  await other.close();
  expect([...asked]).toEqual(["action"]);
});
