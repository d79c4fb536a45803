import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Locator, Page } from "@playwright/test";
import { type EngineApi, engineApi } from "#lib/ground/engine-api.ts";
import { orders } from "#lib/ground/orders-database.ts";
import { placesOf } from "#lib/ground/places.ts";
import { type Receiver, startReceiver } from "#lib/rotators/doubles/receiver.ts";
import {
  desk,
  expect,
  expectAccessible,
  expectAccessibleAtAGlance,
  expectEnd,
  expectNoOverflow,
  joinAsViewer,
  phone,
  tabTo,
  test,
} from "./fixtures.ts";
import { addSecret, addService } from "./swarm.ts";

const skepFolder = dirname(process.env.SKEP_E2E_SESSION ?? "");
const dataFolder = join(skepFolder, "data");
const credentials = join(skepFolder, "credentials");
const newKey = () => `whsec_${randomBytes(32).toString("base64")}`;
const key = newKey();

let receiver: Receiver;
let secretUrl: string;

test.beforeAll(async () => {
  receiver = await startReceiver({ keys: [key], logins: ["app_a", "app_b"] });
  mkdirSync(credentials, { recursive: true });
  putKey(key);
});
test.afterAll(() => receiver.stop());

function putKey(text: string): void {
  writeFileSync(join(credentials, "partner_key"), text, { mode: 0o600 });
}

/** The sandbox's own Docker. */
function docker(): EngineApi {
  return engineApi(join(placesOf(dataFolder).runFolder, "docker.sock"));
}

/** An adopted secret that a service has; resolves to where its page is. */
async function adopt(page: Page, name: string): Promise<string> {
  const engine = { api: docker() };
  const mount = await addSecret(engine, `${name}_v1`, "the first value");
  await addService(engine, { name: `reads-${name.replaceAll("_", "-")}`, mounts: [mount] });
  await page.goto(`/secrets?q=${name}`);
  await page.getByRole("link", { name: new RegExp(`^${name}`) }).click();
  await page.getByRole("link", { name: "Adopt", exact: true }).click();
  await page.getByRole("button", { name: "Adopt it" }).click();
  await expectEnd(page, "Done");
  await page.goto(`/secrets?q=${name}`);
  await page.getByRole("link", { name: new RegExp(`^${name}`) }).click();
  await page.waitForURL(/\/secrets\/[\w-]+$/);
  return page.url();
}

/** One row of the card that tells where the passwords are set. */
function fact(page: Page, term: string): Locator {
  const card = page.getByRole("complementary", { name: "About this secret" });
  return card.locator("dt", { hasText: new RegExp(`^${term}$`) }).locator("+ dd");
}

function row(page: Page): Locator {
  return page.getByRole("listitem").filter({ hasText: `HTTP at ${receiver.address}` });
}

test.describe
  .serial("a rotator", () => {
    test("is added by an administrator, who is told before what it means for services; at a private address it is refused until she allows that", async ({
      page,
    }) => {
      await page.goto("/settings/rotators");
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("No rotator yet");
      await expect(page.getByText(/^One login: from the moment its new password is set/)).toBeVisible();
      await page.getByRole("radio", { name: /^HTTP/ }).check();
      await page.getByLabel("Name", { exact: true }).fill("partner");
      await page.getByLabel("Address", { exact: true }).fill(receiver.address);
      await page.getByLabel("File of the key").fill("partner_key");
      await expect(page.getByText(/^No logins: from the moment the new value is set/)).toBeVisible();
      await page.getByLabel("Login of the services").fill("app_a");
      await expect(page.getByText(/services that still have the old one cannot sign in/)).toBeVisible();
      await page.getByLabel("Second login").fill("app_b");
      await expect(page.getByText(/no service fails, and a rotation can be undone/)).toBeVisible();
      await page.getByLabel("Passwords are made as").selectOption("hex");
      await page.getByLabel("Random bytes").fill("24");
      await page.getByRole("button", { name: "Add the rotator" }).click();
      await expect(page.getByText(/partner is called at private addresses alone/)).toBeVisible();
      await expect(page.getByLabel("Address", { exact: true })).toHaveValue(receiver.address);
      await expect(page.getByLabel("Second login")).toHaveValue("app_b");
      await expect(page.getByLabel("Random bytes")).toHaveValue("24");
      await page.getByLabel("It is at a private address").check();
      await page.getByRole("button", { name: "Add the rotator" }).click();
      await expect(page.getByRole("status").filter({ hasText: "Skep may set these passwords." })).toBeVisible();
      await expect(row(page)).toContainText("partner");
      await expect(row(page)).toContainText("nothing attached");
      await expect(row(page)).toContainText("Two logins");
    });

    test("says in words why it fails when it is checked, and that it answers when it does", async ({ page }) => {
      await page.goto("/settings/rotators");
      putKey(newKey());
      await page.getByRole("button", { name: "Check partner" }).click();
      await expect(page.getByText(/^partner does not take Skep's signature\./)).toBeVisible();
      putKey(key);
      await page.getByRole("button", { name: "Check partner" }).click();
      await expect(row(page).getByText("Answers")).toBeVisible();
      await expect(page.getByText(/^partner does not take Skep's signature\./)).toHaveCount(0);
      expect(await page.content()).not.toContain(key.slice("whsec_".length));
    });

    test("has a secret attached to it, written as a person says; she is asked which login the value is of", async ({
      page,
    }) => {
      secretUrl = await adopt(page, "partner_login");
      await page.getByRole("link", { name: "Attach", exact: true }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Attach partner_login to a rotator");
      await expect(page.getByText(/no service fails, and a rotation can be undone/)).toBeVisible();
      await page.getByRole("button", { name: "Attach", exact: true }).click();
      await expect(page.getByText("Choose how the secret is written.")).toBeVisible();

      await page.getByRole("radio", { name: /^My own template/ }).check();
      const template = page.getByLabel("Template", { exact: true });
      await template.fill("user={{user}}\npassword={{password}} of {{host}}");
      await expect(
        page.getByText(/^A rotator gives \{\{user\}\} and \{\{password\}\} only, and not host\./),
      ).toBeVisible();
      await template.fill("user={{user}}\npassword={{password}}");
      await expect(page.locator("pre")).toHaveText("user=app_a\npassword=••••");
      await page.getByRole("button", { name: "Attach", exact: true }).click();
      await expect(page.getByText(/^Say which login of partner the value is of/)).toBeVisible();
      await expect(template).toHaveValue("user={{user}}\npassword={{password}}");

      await page.getByRole("radio", { name: '{"username":"app_a","password":"••••"}' }).check();
      await page.getByRole("radio", { name: /^app_b/ }).check();
      await page.getByRole("button", { name: "Attach", exact: true }).click();
      await page.waitForURL(secretUrl);
      await expect(fact(page, "Set at")).toHaveText("partner");
      await expect(fact(page, "Logins")).toHaveText("app_a and app_b by turns");
      await expect(fact(page, "Has now")).toHaveText("app_b");
      await expect(fact(page, "Written as")).toHaveText('{"username":{{user | json}},"password":{{password | json}}}');
      await expect(fact(page, "Value from")).toHaveText("a rotation at partner");
      await expect(fact(page, "Old value")).toHaveText("works during a rotation");
      for (const name of ["Attach", "Bind"]) await expect(page.getByRole("link", { name, exact: true })).toHaveCount(0);
      await page.goto(`${secretUrl}/source`);
      await expect(page.getByText("Its passwords are set at partner. Detach it first.")).toBeVisible();
    });

    test("keeps the login that a secret has, and stays itself, as long as one is attached", async ({ page }) => {
      await page.goto("/settings/rotators");
      await expect(row(page)).toContainText("1 secret");
      await expect(row(page).getByRole("link", { name: "partner_login" })).toBeVisible();
      await page.getByRole("button", { name: "Change partner" }).click();
      const dialog = page.getByRole("dialog");
      await expect(dialog.getByText("1 secret is attached to it. Detach it first.")).toBeVisible();
      await expect(dialog.getByRole("button", { name: "Remove partner" })).toBeDisabled();
      await expect(dialog.getByLabel("Random bytes")).toHaveValue("24");
      await dialog.getByLabel("Second login").fill("");
      await dialog.getByRole("button", { name: "Save" }).click();
      await expect(dialog.getByText(/^partner_login_v1 has the login app_b\./)).toBeVisible();
    });

    test("has a second secret attached and detached by keys alone, with the login that the first one has", async ({
      page,
    }) => {
      const url = await adopt(page, "partner_url");
      await tabTo(page, "Attach");
      await page.keyboard.press("Enter");
      await expect(page.getByText(/^partner_login is attached to it already, with the login app_b/)).toBeVisible();
      await tabTo(page, "Rotator");
      await tabTo(page, /^app_a/);
      await page.keyboard.press("Space");
      await tabTo(page, /^The password alone/);
      await page.keyboard.press("Space");
      await tabTo(page, "Attach");
      await page.keyboard.press("Enter");
      await expect(page.getByText(/^partner_login, which is attached to partner too, has app_b\./)).toBeVisible();
      await tabTo(page, /^app_a/);
      await page.keyboard.press("ArrowDown");
      await tabTo(page, "Attach");
      await page.keyboard.press("Enter");
      await page.waitForURL(url);
      await expect(fact(page, "Written as")).toHaveText("{{password}}");
      await expect(page.getByText("partner_login is attached to partner as well: both change together.")).toBeVisible();
      await tabTo(page, "Detach");
      await page.keyboard.press("Enter");
      await expect(page.getByRole("dialog")).toBeVisible();
      await tabTo(page, "Detach");
      await page.keyboard.press("Enter");
      await expect(page.getByRole("link", { name: "Attach", exact: true })).toBeVisible();
    });

    test("shows a viewer where a secret's password is set, and no form", async ({ page, browser, baseURL }) => {
      const theirs = await joinAsViewer(page, browser, { baseURL, name: "Violet" });
      await theirs.goto(secretUrl);
      await expect(fact(theirs, "Set at")).toHaveText("partner");
      await expect(theirs.getByRole("button", { name: "Detach" })).toHaveCount(0);
      await theirs.goto(`${secretUrl}/rotator`);
      await expect(theirs.getByText("Your role does not allow this")).toBeVisible();
      await theirs.goto("/settings/rotators");
      await expect(theirs.getByText("Operators see where passwords are set.")).toBeVisible();
      for (const url of [`${secretUrl}/rotator`, "/settings/rotators"]) {
        await theirs.goto(url);
        await expect(theirs.locator("main form")).toHaveCount(0);
        await expect(theirs.locator("main")).not.toContainText(receiver.address);
      }
      await theirs.context().close();
    });

    for (const size of [phone, desk]) {
      test(`is shown in both themes without faults, ${size.width} pixels wide`, async ({ page }) => {
        await page.setViewportSize(size);
        for (const url of ["/settings/rotators", secretUrl, `${secretUrl}/rotator`]) {
          await page.goto(url);
          await expect(page.locator("main")).toContainText("partner");
          await expectNoOverflow(page);
          await expectAccessible(page);
        }
        await page.goto("/settings/rotators");
        await page.getByRole("button", { name: "Change partner" }).click();
        await expect(page.getByRole("dialog")).toBeVisible();
        await expectNoOverflow(page);
        await expectAccessible(page);
      });
    }

    test("is free of a secret that is detached; a template of one's own is shown without faults", async ({ page }) => {
      await page.goto(secretUrl);
      await page.getByRole("button", { name: "Detach" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Detach" }).click();
      await page.getByRole("link", { name: "Attach", exact: true }).click();
      await page.getByRole("radio", { name: /^My own template/ }).check();
      await expect(page.locator("pre")).toHaveText("••••");
      await expectAccessibleAtAGlance(page);
    });

    test("goes when no secret is attached to it", async ({ page }) => {
      await page.goto("/settings/rotators");
      await page.getByRole("button", { name: "Change partner" }).click();
      await page.getByRole("button", { name: "Remove partner" }).click();
      await expect(row(page)).toHaveCount(0);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("No rotator yet");
    });
  });

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
        await expect(page.getByText(`ada is about to set the password of ${login} at orders`)).toBeVisible();
        await expect(page.getByText(`ada set the password of ${login} at orders`)).toBeVisible();
        await expect(page.getByText(`1 service on ${version}.`)).toBeVisible();
        expect(await failures()).toEqual([]);
      }
      await openSecret(page);
      await expect(page.getByRole("complementary", { name: "About this secret" })).toContainText("orders_a");
    });

    test("is not offered again where the database has another one since", async ({ page }) => {
      await openSecret(page);
      await expect(page.getByText(/Its password was replaced since/)).toHaveCount(1);
      await expect(page.getByRole("link", { name: "Roll back to it" })).toHaveCount(1);
      await page.getByRole("link", { name: "Roll back to it" }).click();
      await expect(page.getByRole("button", { name: /^Roll/ })).toBeEnabled();
    });

    test("is set at another address when that is said to be the same server, and not before", async ({ page }) => {
      await page.goto("/settings/rotators");
      await page.getByRole("button", { name: "Change orders" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Host").fill("localhost");
      await dialog.getByRole("button", { name: "Save" }).click();
      await expect(dialog.getByText(/attached, with passwords that were set at the address before/)).toBeVisible();
      await expectAccessibleAtAGlance(page);
      await dialog.getByLabel("Another address is one of the same server").check();
      await dialog.getByRole("button", { name: "Save" }).click();
      await expect(page.getByText(/PostgreSQL at localhost:/).first()).toBeVisible();
    });
  });
