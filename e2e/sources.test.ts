import { createHmac, randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { type EngineApi, engineApi } from "#lib/ground/engine-api.ts";
import { placesOf } from "#lib/ground/places.ts";
import { openHttpStage } from "#lib/sources/doubles/http.ts";
import { placeCredentials, type Stage } from "#lib/sources/doubles/stage.ts";
import {
  desk,
  expect,
  expectAccessible,
  expectEnd,
  expectNoOverflow,
  joinAsViewer,
  phone,
  tabTo,
  test,
} from "./fixtures.ts";
import { addSecret, addService } from "./swarm.ts";

const skepFolder = dirname(process.env.SKEP_E2E_SESSION ?? "");

let source: Stage;
let address: string;
let serviceId: string;
let secretUrl: string;

test.beforeAll(async () => {
  source = await openHttpStage();
  address = (source.settings as { address: string }).address;
  const folder = join(skepFolder, "credentials");
  mkdirSync(folder, { recursive: true });
  await placeCredentials(source, folder);
});
test.afterAll(() => source.end());

/** The sandbox's own Docker, to see what the Swarm has and not what the pages say. */
function docker(): EngineApi {
  return engineApi(join(placesOf(join(skepFolder, "data")).runFolder, "docker.sock"));
}

type Task = { Status: { State: string }; Spec: { ContainerSpec: { Secrets: { SecretName: string }[] } } };

/** Of the service that has the secret: the object of each task, and whether it runs. */
async function tasks(): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ service: [serviceId] }));
  const all = await docker().call<Task[]>("GET", `/tasks?filters=${filters}`);
  return all
    .map(
      ({ Status, Spec }) =>
        `${Spec.ContainerSpec.Secrets[0]?.SecretName} ${Status.State === "running" ? "runs" : "ended"}`,
    )
    .toSorted();
}

async function openForm(page: Page, name: string): Promise<void> {
  await page.goto("/settings/sources");
  await page.getByRole("radio", { name: /^HTTP/ }).check();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Address", { exact: true }).fill(address);
  await page.getByLabel("File of its credential").fill("http_token");
}

/** One row of the card that tells where the values come from. */
function fact(page: Page, term: string): Locator {
  const card = page.getByRole("complementary", { name: "About this secret" });
  return card.locator("dt", { hasText: new RegExp(`^${term}$`) }).locator("+ dd");
}

/** Both sides have the same version, and another one than before. Resolves to it, as the page writes it. */
async function expectAgreed(page: Page, before = "not known"): Promise<string> {
  await expect(fact(page, "In the Swarm")).not.toHaveText(before);
  await expect(page.getByText("Agrees", { exact: true })).toBeVisible();
  const text = (await fact(page, "In the Swarm").textContent()) ?? "";
  await expect(fact(page, "There")).toHaveText(text);
  return text;
}

/** Somebody from outside, with no cookie and no page. */
async function post(url: string, body: string, headers: Record<string, string> = {}): Promise<number> {
  return (await fetch(url, { method: "POST", body, headers })).status;
}

function signed(key: string, body: string): Record<string, string> {
  const [id, timestamp] = [randomUUID(), String(Math.floor(Date.now() / 1000))];
  const secret = Buffer.from(key.replace(/^whsec_/, ""), "base64");
  const mac = createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${mac}` };
}

let second = "";

test.describe
  .serial("a source", () => {
    test("is added by an administrator; at a private address it is refused, in words, until she allows that", async ({
      page,
    }) => {
      await openForm(page, "config");
      await page.getByRole("button", { name: "Add the source" }).click();
      await expect(
        page.getByText(
          "The address of config leads to a private or reserved network, which its settings do not allow.",
        ),
      ).toBeVisible();
      expect(source.requests()).toEqual([]);
      await expect(page.getByLabel("Name", { exact: true })).toHaveValue("config");
      await expect(page.getByLabel("Address", { exact: true })).toHaveValue(address);
      await expect(page.getByLabel("File of its credential")).toHaveValue("http_token");
      await page.getByLabel("It is at a private address").check();
      await page.getByRole("button", { name: "Add the source" }).click();
      await expect(page.getByRole("status").filter({ hasText: "It takes the login." })).toBeVisible();
      const row = page.getByRole("listitem").filter({ hasText: `HTTP at ${address}` });
      await expect(row).toContainText("config");
      await expect(row).toContainText("nothing bound");
    });

    test("gives a secret that is bound to it, and its service, each new version by itself; the page says that both sides agree", async ({
      page,
    }) => {
      const engine = { api: docker() };
      const mount = await addSecret(engine, "sourced_key_v1", "the first value");
      serviceId = await addService(engine, { name: "reads-sourced", mounts: [mount] });
      await page.goto("/secrets?q=sourced_key");
      await page.getByRole("link", { name: /^sourced_key/ }).click();
      await page.getByRole("link", { name: "Adopt", exact: true }).click();
      await page.getByRole("button", { name: "Adopt it" }).click();
      await expectEnd(page, "Done");
      await page.goto("/secrets?q=sourced_key");
      await page.getByRole("link", { name: /^sourced_key/ }).click();
      await page.waitForURL(/\/secrets\/[\w-]+$/);
      secretUrl = page.url();

      await source.put("shop/key", { password: "the first value" });
      await page.getByRole("link", { name: "Bind", exact: true }).click();
      await page.getByLabel("Source", { exact: true }).selectOption("config");
      await page.getByLabel("Path", { exact: true }).fill("shop/nothing-here");
      await page.getByRole("radio", { name: /^rotates by itself/ }).check();
      await page.getByRole("radio", { name: /^Yes/ }).check();
      await page.getByRole("button", { name: "Bind", exact: true }).click();
      await expect(page.getByText(/^config has nothing there\./)).toBeVisible();
      await expect(page.getByLabel("Path", { exact: true })).toHaveValue("shop/nothing-here");
      await page.getByLabel("Path", { exact: true }).fill("shop/key");
      await page.getByRole("button", { name: "Bind", exact: true }).click();
      await page.waitForURL(secretUrl);
      const first = await expectAgreed(page);
      await expect(fact(page, "New versions")).toHaveText("rotate by themselves");
      await expect.poll(tasks).toEqual(["sourced_key_v1 runs"]);

      await source.put("shop/key", { password: "the second value" });
      await page.getByRole("button", { name: "Look now" }).click();
      second = await expectAgreed(page, first);
      await expect.poll(tasks).toEqual(["sourced_key_v1 ended", "sourced_key_v2 runs"]);
      await expect(page.getByText("1 service, 1 task on v2")).toBeVisible();
      await page.getByRole("button", { name: "Compare the values" }).click();
      await expect(page.getByText("The Swarm has that value.")).toBeVisible();
      const text = await page.content();
      for (const value of ["the first value", "the second value"]) expect(text).not.toContain(value);
    });

    test("is asked at once by a webhook from outside that it signed, and by no other", async ({ page, baseURL }) => {
      await page.goto("/settings/sources");
      await page.getByRole("button", { name: "Change config" }).click();
      const dialog = page.getByRole("dialog");
      const url = await dialog.getByLabel(/^A webhook to this address/).inputValue();
      expect(url).toMatch(new RegExp(`^${baseURL}/api/sources/`));
      await dialog.getByRole("button", { name: "Make a new key" }).click();
      const key = await dialog.getByLabel(/^The key that signs it/).inputValue();
      const body = JSON.stringify({ paths: ["shop/key"] });
      expect(await post(url, body)).toBe(401);
      expect(await post(url, body, signed(key, `${body} `))).toBe(401);
      expect(await post(url, body, signed(`whsec_${"A".repeat(43)}=`, body))).toBe(401);
      // A page of another site, in the browser of somebody who is signed in, is no source either.
      const crossSite = { origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" };
      expect(await post(`${baseURL}/api/auth/signout`, "", crossSite)).toBe(403);

      const before = (source.requests() ?? []).length;
      await source.put("shop/key", { password: "the third value" });
      expect(await post(url, body, signed(key, body))).toBe(202);
      await expect.poll(() => (source.requests() ?? []).length).toBeGreaterThan(before);
      await page.goto(secretUrl);
      await expectAgreed(page, second);
      await expect.poll(tasks).toContain("sourced_key_v3 runs");
      await page.goto("/settings/sources");
      await page.getByRole("button", { name: "Change config" }).click();
      await expect(page.getByLabel(/^The key that signs it/)).toHaveCount(0);
    });

    test("shows a viewer what a secret is bound to, and no form", async ({ page, browser, baseURL }) => {
      const theirs = await joinAsViewer(page, browser, { baseURL, name: "Vera" });
      await theirs.goto(secretUrl);
      await expectAgreed(theirs, second);
      await expect(theirs.getByRole("button", { name: /^(Look now|Unbind|Compare the values)$/ })).toHaveCount(0);
      await theirs.goto(`${secretUrl}/source`);
      await expect(theirs.getByText("Your role does not allow this")).toBeVisible();
      await theirs.goto("/settings/sources");
      await expect(theirs.getByText("Operators see where values come from.")).toBeVisible();
      for (const url of [`${secretUrl}/source`, "/settings/sources"]) {
        await theirs.goto(url);
        await expect(theirs.locator("main form")).toHaveCount(0);
        await expect(theirs.locator("main")).not.toContainText(address);
      }
      await theirs.context().close();
    });

    test("is bound by keys alone", async ({ page }) => {
      const engine = { api: docker() };
      await addSecret(engine, "keyed_by_source", "the first value");
      await page.goto("/secrets?q=keyed_by_source");
      await page.getByRole("link", { name: /^keyed_by_source/ }).click();
      await page.getByRole("link", { name: "Adopt", exact: true }).click();
      await page.getByRole("button", { name: "Adopt it" }).click();
      await expectEnd(page, "Done");
      await page.goto("/secrets?q=keyed_by_source");
      await page.getByRole("link", { name: /^keyed_by_source/ }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("keyed_by_source");
      await tabTo(page, "Bind");
      await page.keyboard.press("Enter");
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Bind keyed_by_source to a source");
      await tabTo(page, "Source");
      await tabTo(page, "Path");
      await page.keyboard.type("shop/key");
      await tabTo(page, "JSON pointer");
      await tabTo(page, /^waits for a yes/);
      await tabTo(page, /^Yes/);
      await page.keyboard.press("Space");
      await tabTo(page, "Bind");
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/secrets\/[\w-]+$/);
      await expect(fact(page, "New versions")).toHaveText("wait for a yes");
      await expect(fact(page, "Path")).toHaveText("shop/key");
      // The Swarm has another value, and nobody has said yes.
      await expect(fact(page, "In the Swarm")).toHaveText("not known");
      await expect(page.getByRole("link", { name: /^Rotate all 2 to version / })).toBeVisible();
      await tabTo(page, "Unbind");
      await page.keyboard.press("Enter");
      await expect(page.getByRole("dialog")).toBeVisible();
      await tabTo(page, "Unbind");
      await page.keyboard.press("Enter");
      await expect(page.getByRole("link", { name: "Bind", exact: true })).toBeVisible();
    });

    for (const size of [phone, desk]) {
      test(`is shown in both themes without faults, ${size.width} pixels wide`, async ({ page }) => {
        await page.setViewportSize(size);
        for (const url of ["/settings/sources", secretUrl, `${secretUrl}/rotate?source=source`]) {
          await page.goto(url);
          await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
          await expectNoOverflow(page);
          await expectAccessible(page);
        }
        await page.goto("/settings/sources");
        await page.getByRole("button", { name: "Change config" }).click();
        await expect(page.getByRole("dialog")).toBeVisible();
        await expectNoOverflow(page);
        await expectAccessible(page);
      });
    }

    test("stays as long as a secret is bound to it, and goes when none is", async ({ page }) => {
      await page.goto("/settings/sources");
      await page.getByRole("button", { name: "Change config" }).click();
      await expect(page.getByText("1 secret takes its values from it. Unbind it first.")).toBeVisible();
      await expect(page.getByRole("button", { name: "Remove config" })).toBeDisabled();
      await page.goto(secretUrl);
      await page.getByRole("button", { name: "Unbind" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Unbind" }).click();
      await expect(page.getByRole("link", { name: "Bind", exact: true })).toBeVisible();
      await page.goto("/settings/sources");
      await page.getByRole("button", { name: "Change config" }).click();
      await page.getByRole("button", { name: "Remove config" }).click();
      await expect(page.getByRole("listitem").filter({ hasText: address })).toHaveCount(0);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("No source of values yet");
    });
  });
