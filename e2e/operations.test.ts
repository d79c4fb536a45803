import { expect } from "@playwright/test";
import { connectAs } from "#lib/db/connect.ts";
import { expectAccessible, expectNoOverflow, phone } from "./fixtures.ts";
import { createSecret, type Stage, testOnStage } from "./stage.ts";

const test = testOnStage();

const operations = 'main a[href^="/operations/"]';

/** As many that ended an hour apart, each on a secret of its own, one of them an emergency that another person undid. */
async function addEnded({ scene }: Stage, count: number): Promise<void> {
  await connectAs(scene.postgres.ownerUrl, async (client) => {
    await client.query(
      `INSERT INTO "Operation" ("id", "clusterId", "kind", "state", "outcome", "plan", "actor", "createdAt", "endedAt")
       SELECT 'ended-' || n, "clusterId", 'rotate', 'ended', 'done',
         jsonb_set("plan", '{secrets,0,secretName}', to_jsonb('old_' || n)), "actor",
         "createdAt" - make_interval(hours => n), "endedAt" - make_interval(hours => n)
       FROM (SELECT * FROM "Operation" LIMIT 1) o, generate_series(1, $1::int) n`,
      [count],
    );
    await client.query(
      `UPDATE "Operation" SET "kind" = 'rotate-emergency', "outcome" = 'undone',
         "actor" = jsonb_set("actor", '{name}', '"grace.hopper"') WHERE "id" = 'ended-7'`,
    );
  });
}

test("operations are found by who, kind and state in the address, and read on page by page to the oldest", async ({
  page,
  stage,
}) => {
  await page.goto("/operations");
  await expect(page.getByText("Nothing has been done yet")).toBeVisible();
  await createSecret(page, stage.scene, "newest");
  await addEnded(stage, 60);

  await page.goto("/operations");
  await expect(page.locator(operations)).toHaveCount(50);
  await expect(page.getByRole("link", { name: "Newer" })).toHaveCount(0);
  await page.getByRole("link", { name: "Older" }).click();
  await expect(page.locator(operations)).toHaveCount(11);
  await expect(page.locator(operations).last()).toHaveText("Rotate old_60");
  await expect(page.getByRole("link", { name: "Older" })).toHaveCount(0);
  await page.getByRole("link", { name: "Newer" }).click();
  await expect(page.locator(operations).first()).toHaveText("Create newest");
  await expect(page.locator(operations)).toHaveCount(50);

  await page.getByRole("link", { name: "Older" }).click();
  await page.waitForURL(/before=/);
  await page.keyboard.press("/");
  await page.keyboard.type("hopper");
  await expect(page).toHaveURL(/\/operations\?q=hopper$/);
  await expect(page.locator(operations)).toHaveText(["Emergency rotation of old_7"]);
  await page.getByLabel("Kind").selectOption("Kind: Emergency rotation");
  await page.getByLabel("State").selectOption("State: Undone");
  await expect(page).toHaveURL(/q=hopper&kind=rotate-emergency&state=undone$/);
  await expect(page.locator(operations)).toHaveCount(1);
  await page.reload();
  await expect(page.getByLabel("State")).toHaveValue("undone");
  await expectAccessible(page);
  await page.getByLabel("State").selectOption("State: Needs a decision");
  await expect(page.getByText("No operation matches")).toBeVisible();
  await page.getByRole("link", { name: "All operations" }).click();
  await expect(page.locator(operations)).toHaveCount(50);
  await expect(page.getByLabel("Search")).toHaveValue("");

  await page.goto("/operations?q=newest&kind=nonsense&state=nonsense&before=nonsense");
  await expect(page.locator(operations)).toHaveText(["Create newest"]);
  await page.setViewportSize(phone);
  await page.goto("/operations");
  await expect(page.getByText("no service").first()).toBeVisible();
  await expectNoOverflow(page);
  await expectAccessible(page);
});
