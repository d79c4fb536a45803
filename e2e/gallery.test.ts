import { expect, expectAccessible, test } from "./fixtures.ts";
import { type Scene, startScene } from "./scene.ts";

let scene: Scene;
test.beforeAll(async () => {
  scene = await startScene({ args: () => ["--dev"], env: { NODE_ENV: "development" } });
});
test.afterAll(() => scene?.stop());

test("npm run dev serves every part in every state, in both themes, and draws of 10,000 rows those in sight", async ({
  page,
}) => {
  await page.goto(`${scene.skep.url}/gallery`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/Every part, in every state/);
  const table = page.getByRole("table", { name: "Many secrets" });
  await expect(table).toHaveAttribute("aria-rowcount", "10000");
  expect(await page.locator("tr").count()).toBeLessThan(100);
  // Again and again, until the page listens.
  await expect(async () => {
    await page.getByLabel("Search").fill("");
    await page.getByLabel("Search").pressSequentially("secret_777");
    await expect(table).toHaveAttribute("aria-rowcount", "11", { timeout: 1000 });
  }).toPass();
  await expect(page.getByRole("link", { name: "sample_secret_7770" })).toBeVisible();
  expect(await page.locator("tr").count()).toBeLessThan(100);
  await expectAccessible(page);
});
