import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "@playwright/test";
import { orders } from "#lib/ground/orders-database.ts";
import { placesOf } from "#lib/ground/places.ts";
import { expect, expectEnd, test } from "./fixtures.ts";

const dataFolder = join(dirname(process.env.SKEP_E2E_SESSION ?? ""), "data");

/** What the service said of its sign-ins: it says each failure, and a count once a minute. */
async function failures(): Promise<string[]> {
  const host = `unix://${join(placesOf(dataFolder).runFolder, "docker.sock")}`;
  const { stdout } = await promisify(execFile)("docker", ["-H", host, "service", "logs", "--raw", "orders_api"]);
  expect(stdout).toContain("signing in as orders_");
  return stdout.split("\n").filter((line) => line.startsWith("failed to sign in"));
}

/** The port that the start's output says. */
function portOfOrders(): string {
  const { port } = JSON.parse(readFileSync(join(dataFolder, "orders.json"), "utf8")) as { port: number };
  return String(port);
}

async function openSecret(page: Page): Promise<void> {
  await page.goto("/secrets?q=orders_db_url");
  await page.getByRole("link", { name: /^orders_db_url/ }).click();
  await page.waitForURL(/\/secrets\/[\w-]+$/);
}

/** As docs/rotators.md says, one step after the other. */
test.describe
  .serial("the password of the sandbox's PostgreSQL", () => {
    test("can be set by Skep when its rotator is added as the start's output says, and the secret attached", async ({
      page,
    }) => {
      await openSecret(page);
      await page.getByRole("link", { name: "Adopt", exact: true }).click();
      await page.getByRole("button", { name: "Adopt it" }).click();
      await expectEnd(page, "Done");

      await page.goto("/settings/rotators");
      await page.getByRole("radio", { name: /^PostgreSQL/ }).check();
      await page.getByLabel("Name", { exact: true }).fill("orders");
      await page.getByLabel("Host").fill(orders.host);
      await page.getByLabel("Port").fill(portOfOrders());
      await page.getByLabel("Database").fill(orders.database);
      await page.getByLabel("Skep's own login").fill(orders.rotator);
      await page.getByLabel("File of its credential").fill(orders.credential);
      await page.getByLabel("By TLS").uncheck();
      await page.getByLabel("It is at a private address").check();
      await page.getByLabel("Login of the services").fill(orders.logins[0]);
      await page.getByLabel("Second login").fill(orders.logins[1]);
      await page.getByRole("button", { name: "Add the rotator" }).click();
      await expect(page.getByRole("status").filter({ hasText: "Skep may set these passwords." })).toBeVisible();

      await openSecret(page);
      await page.getByRole("link", { name: "Attach", exact: true }).click();
      await page.getByRole("radio", { name: /^orders_a/ }).check();
      await page.getByRole("radio", { name: /^A connection URL/ }).check();
      await page.getByRole("button", { name: "Attach", exact: true }).click();
      await expect(page.getByText("orders_a and orders_b by turns")).toBeVisible();
    });

    test("is set, tried and moved to by a click, twice, and the service never fails to sign in", async ({ page }) => {
      for (const { login, version } of [
        { login: "orders_b", version: "v2" },
        { login: "orders_a", version: "v3" },
      ]) {
        await openSecret(page);
        await page.getByRole("link", { name: "Rotate", exact: true }).click();
        await expect(page.getByRole("radio", { name: /^A new password, set at orders/ })).toBeChecked();
        await expect(page.getByText(`Skep makes one for ${login}, sets it there`)).toBeVisible();
        await page.getByRole("button", { name: /^Rotate/ }).click();
        await page.waitForURL(/\/operations\//);
        await expect(page.getByText(`${login} at orders`, { exact: true })).toBeVisible();
        await expectEnd(page, "Done");
        await expect(page.getByText(`1 service on ${version}.`)).toBeVisible();
        expect(await failures()).toEqual([]);
      }
      await openSecret(page);
      await expect(page.getByRole("complementary", { name: "About this secret" })).toContainText("orders_a");
    });
  });
