import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { connectAs } from "#lib/db/connect.ts";
import { type AwsStage, openAwsStage } from "#lib/sources/doubles/aws.ts";
import { expectAccessible, expectEnd, expectNoOverflow, phone } from "./fixtures.ts";
import { type Scene, startScene } from "./scene.ts";
import { signIn, startSkep } from "./server.ts";
import { addSecret } from "./swarm.ts";

let scene: Scene;
let cloud: AwsStage;
let folder: string;

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "skep-credentials-"));
  cloud = await openAwsStage();
  writeFileSync(join(folder, "aws_keys"), await cloud.credential("aws_keys"), { mode: 0o600 });
  scene = await startScene({ env: { SKEP_CREDENTIAL_DIR: folder } });
  await connectAs(scene.postgres.ownerUrl, (client) =>
    client.query(`INSERT INTO "Source" ("id", "name", "settings", "createdBy") VALUES ('cloud', 'cloud', $1, 'test')`, [
      cloud.settings,
    ]),
  );
});

test.afterAll(async () => {
  await scene?.stop();
  await cloud?.end();
  rmSync(folder, { recursive: true, force: true });
});

async function openImport(page: Page): Promise<void> {
  await signIn(page, scene.skep.administrator);
  await page.goto("/secrets");
  await page.getByRole("link", { name: "Import", exact: true }).click();
  await page.getByRole("button", { name: "Show what is there" }).click();
}

test("many are chosen folder by folder, named, planned and made; what failed is tried again once it was mended", async ({
  browser,
}) => {
  const password = "never on a page";
  for (const path of ["billing/db", "shop/db", "shop/prod/api", "shop/prod/web"]) await cloud.put(path, { password });
  await cloud.put("shop/prod/odd", { passphrase: password });
  const context = await browser.newContext({ baseURL: scene.skep.url });
  const page = await context.newPage();
  await openImport(page);
  await page.getByRole("button", { name: "billing/" }).click();
  await page.getByRole("checkbox", { name: "db", exact: true }).check();
  await page.getByRole("button", { name: "Up" }).click();
  await page.getByRole("button", { name: "shop/" }).click();
  await page.getByRole("checkbox", { name: "db", exact: true }).check();
  await page.getByRole("button", { name: "prod/" }).click();
  await page.getByRole("button", { name: "Choose all in this folder" }).click();
  await expect(page.getByRole("button", { name: "Import 5 secrets" })).toBeVisible();
  await expect(page.getByText("prod_api_v1")).toBeVisible();

  await page.getByLabel("Name of the secret for shop/db").fill("Billing_DB");
  await expect(page.getByText("Another one of this list gets the same name")).toHaveCount(2);
  await expect(page.getByRole("button", { name: "Import 3 secrets" })).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Name of the secret for shop/db")).toHaveValue("Billing_DB");
  await expectAccessible(page);
  await page.setViewportSize(phone);
  await expectNoOverflow(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByLabel("What of shop/prod/web is the value").selectOption("template");
  await expect(page.getByText("Write the template.")).toBeVisible();
  await page.getByLabel("Template of shop/prod/web").fill("web:{{password | url}}");
  await expect(page.getByText("Write the template.")).toBeHidden();
  await page.getByLabel("Name of the secret for shop/db").fill("shop_database");
  await expect(page.getByRole("button", { name: "Import 5 secrets" })).toBeEnabled();

  await page.getByRole("button", { name: "Import 5 secrets" }).click();
  await expect(page.getByText("Say whether the old value goes on working")).toBeVisible();
  await page.getByRole("radio", { name: /^Yes/ }).check();
  await page.getByRole("button", { name: "Import 5 secrets" }).click();
  await page.waitForURL(/\/secrets\/import\/[\w-]+$/);
  await expect(page.getByText("Ended, some failed")).toBeVisible();
  await expect(page.getByText("4 of 5 secrets made, 1 failed")).toBeVisible();
  await expect(page.getByText("There is no field password at cloud")).toBeVisible();
  await expect(page.getByText("web:{{password | url}}")).toBeVisible();
  await expectAccessible(page);

  await cloud.put("shop/prod/odd", { password });
  await page.getByLabel("Name of the secret, prod_odd so far").fill("prod_even");
  await page.getByRole("button", { name: "Try again prod_odd" }).click();
  await expect(page.getByText("5 of 5 secrets made")).toBeVisible();
  await page.getByRole("link", { name: "prod_even" }).click();
  await expect(page.getByText("shop/prod/odd")).toBeVisible();
  const objects = await scene.engine.api.call<{ Spec: { Name: string } }[]>("GET", "/secrets");
  expect(objects.map(({ Spec }) => Spec.Name).toSorted()).toEqual([
    "billing_db_v1",
    "prod_api_v1",
    "prod_even_v1",
    "prod_web_v1",
    "shop_database_v1",
  ]);
  expect(scene.skep.output()).not.toContain(password);
  await context.close();
});

test("the path that a secret is bound to is found folder by folder", async ({ browser }) => {
  await cloud.put("deep/inner/db", { password: "never on a page" });
  await addSecret(scene.engine, "found_by_looking", "the first value");
  const context = await browser.newContext({ baseURL: scene.skep.url });
  const page = await context.newPage();
  await signIn(page, scene.skep.administrator);
  await page.goto("/secrets?q=found_by_looking");
  await page.getByRole("link", { name: /^found_by_looking/ }).click();
  await page.getByRole("link", { name: "Adopt", exact: true }).click();
  await page.getByRole("button", { name: "Adopt it" }).click();
  await expectEnd(page, "Done");
  await page.goto("/secrets?q=found_by_looking");
  await page.getByRole("link", { name: /^found_by_looking/ }).click();
  await page.getByRole("link", { name: "Bind", exact: true }).click();
  await page.getByRole("button", { name: "Show what is there" }).click();
  await page.getByRole("button", { name: "deep/" }).click();
  await page.getByRole("button", { name: "inner/" }).click();
  await page.getByRole("button", { name: "Secret db" }).click();
  await expect(page.getByLabel("Path")).toHaveValue("deep/inner/db");
  await expectAccessible(page);
  await page.setViewportSize(phone);
  await expectNoOverflow(page);
  await page.getByRole("radio", { name: /^Yes/ }).check();
  await page.getByRole("button", { name: "Bind", exact: true }).click();
  await page.waitForURL(/\/secrets\/[\w-]+$/);
  await expect(page.getByRole("complementary").getByText("deep/inner/db")).toBeVisible();
  await context.close();
});

test("an import whose Skep is killed in the middle is carried on by the next one, and each secret is made once", async ({
  browser,
}) => {
  test.slow();
  for (let place = 10; place < 34; place += 1) await cloud.put(`many/key-${place}`, { password: "x" });
  const context = await browser.newContext({ baseURL: scene.skep.url });
  const page = await context.newPage();
  await openImport(page);
  await page.getByRole("button", { name: "many/" }).click();
  await page.getByRole("button", { name: "Choose all in this folder" }).click();
  await page.getByRole("radio", { name: /^No/ }).check();
  await page.getByRole("button", { name: "Import 24 secrets" }).click();
  await page.waitForURL(/\/secrets\/import\/[\w-]+$/);
  await expect(page.getByText(/^[3-9] of 24 secrets made/)).toBeVisible();
  const path = new URL(page.url()).pathname;
  scene.skep.process.kill("SIGKILL");
  const again = await startSkep({ args: [], env: scene.skepEnvironment });
  const later = await browser.newContext({ baseURL: again.url });
  try {
    const theirs = await later.newPage();
    await signIn(theirs, scene.skep.administrator);
    await theirs.goto(path);
    await expect(theirs.getByText("24 of 24 secrets made")).toBeVisible();
    const objects = await scene.engine.api.call<{ Spec: { Name: string } }[]>("GET", "/secrets");
    const names = objects.map(({ Spec }) => Spec.Name).filter((name) => name.startsWith("many_"));
    expect(names.toSorted()).toEqual(Array.from({ length: 24 }, (_, place) => `many_key-${place + 10}_v1`));
  } finally {
    await Promise.all([context.close(), later.close()]);
    await again.stop();
  }
});
