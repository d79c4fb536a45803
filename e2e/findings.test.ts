import { connectAs } from "#lib/db/connect.ts";
import { expect, expectAccessibleAtAGlance, expectNoOverflow } from "./fixtures.ts";
import type { Scene } from "./scene.ts";
import { createSecret, testOnStage } from "./stage.ts";

const test = testOnStage();
const many = 120;

/** As if so many operations had come to wait for a decision, one a minute, and nobody had looked. */
async function leaveWaiting({ postgres }: Scene): Promise<void> {
  await connectAs(postgres.ownerUrl, (client) =>
    client.query(
      `INSERT INTO "Operation" (id, "clusterId", kind, state, plan, actor, "createdAt")
       SELECT id || '-' || place, "clusterId", kind, 'needs-attention', plan, actor, "createdAt" - place * interval '1 minute'
       FROM "Operation", generate_series(1, $1::int) AS place`,
      [many],
    ),
  );
}

test("of many things that need somebody the overview shows the gravest and counts all; the list has them page by page", async ({
  page,
  stage,
}) => {
  await createSecret(page, stage.scene, "waited_for");
  await leaveWaiting(stage.scene);
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${many} things need you`);
  const lines = page.getByRole("main").locator("li").filter({ hasText: "waits for a decision" });
  await expect(lines).toHaveCount(10);
  const kinds = page.getByRole("navigation", { name: "Findings by kind" });
  await expect(kinds.getByRole("link", { name: `Decide ${many}` })).toBeVisible();
  await expectAccessibleAtAGlance(page);

  await page.getByRole("link", { name: "See all of them" }).click();
  await expect(page).toHaveURL(/\/findings$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${many} things need you`);
  await expect(lines).toHaveCount(50);
  await kinds.getByRole("link", { name: `Decide ${many}` }).click();
  await expect(kinds.getByRole("link", { name: `Decide ${many}` })).toHaveAttribute("aria-current", "page");
  const seen = new Set<string | null>();
  for (const count of [50, 50, 20]) {
    await expect(lines).toHaveCount(count);
    for (const button of await lines.getByRole("link", { name: "Decide" }).all())
      seen.add(await button.getAttribute("href"));
    if (count === 20) break;
    const here = page.url();
    await page.getByRole("link", { name: "Next" }).click();
    await expect(page).not.toHaveURL(here);
  }
  expect(seen.size).toBe(many);
  await expect(page.getByRole("link", { name: "Next" })).toHaveCount(0);
  await page.getByRole("link", { name: "Previous" }).click();
  await expect(lines).toHaveCount(50);
  await page.locator("body").press("j");
  await expect(page.locator(":focus")).toHaveText("Decide");
  await expectAccessibleAtAGlance(page);
  await expectNoOverflow(page);
});
