import { dirname, join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { type EngineApi, engineApi } from "#lib/ground/engine-api.ts";
import { placesOf } from "#lib/ground/places.ts";
import { expect, expectAccessible, expectEnd, expectNoOverflow, phone, test, unverified } from "./fixtures.ts";
import { addSecret, addService } from "./swarm.ts";

type Task = { ID: string; DesiredState: string; Spec: { ContainerSpec: { Secrets: { SecretName: string }[] } } };

const names = ["group_one", "group_two", "group_three"];
const stack = "group_stack";

/** The sandbox's own Docker, to see what the Swarm has and not what the pages say. */
function docker(): EngineApi {
  const folder = dirname(process.env.SKEP_E2E_SESSION ?? "");
  return engineApi(join(placesOf(join(folder, "data")).runFolder, "docker.sock"));
}

async function tasksOf(serviceId: string): Promise<Task[]> {
  return docker().call<Task[]>("GET", `/tasks?filters=${encodeURIComponent(JSON.stringify({ service: [serviceId] }))}`);
}

/** Three secrets that Skep manages, in two services that share them. */
async function twoServices(page: Page): Promise<{ both: string; one: string }> {
  const engine = { api: docker() };
  const mounts = [];
  for (const name of names) mounts.push(await addSecret(engine, `${name}_v1`, `the first of ${name}`));
  const labels = { "com.docker.stack.namespace": stack };
  const both = await addService(engine, { name: "group_both", mounts, labels });
  const one = await addService(engine, { name: "group_alone", mounts: mounts.slice(0, 1), labels });
  for (const name of names) {
    await page.goto(`/secrets?q=${name}`);
    await page.getByRole("link", { name: new RegExp(`^${name}`) }).click();
    await page.getByRole("link", { name: "Adopt", exact: true }).click();
    await page.getByRole("button", { name: "Adopt it" }).click();
    await expect(page.getByText("Done", { exact: true }).first()).toBeVisible();
  }
  return { both, one };
}

/** What a list shows as chosen. */
function chosenFor(page: Page, label: string): Locator {
  return page.getByLabel(label).first().locator("option:checked");
}

/** With values that Skep makes, through the plan that says what is saved, to an operation that has ended. */
async function rotateToTheEnd(page: Page): Promise<void> {
  await page.getByLabel("New value of all, where").selectOption("generated");
  await page.getByText("How services move").click();
  await page.getByLabel("Soak", { exact: true }).fill("1 s");
  await page.getByLabel("Order of services").selectOption("together");
  await expect(page.getByText(/^2 tasks restart instead of 4:/)).toBeVisible();
  await page.getByRole("button", { name: "Rotate 3 secrets in 2 services" }).click();
  await expect(page).toHaveURL(/\/operations\//);
  await expectEnd(page, unverified);
  await expect(page.getByText("2 services on the new versions of 3 secrets, each moved once.")).toBeVisible();
}

test.describe
  .serial("a group", () => {
    test("secrets that are selected in the list are rotated together: typed values, and each service restarts once", async ({
      page,
    }) => {
      const { both, one } = await twoServices(page);
      await page.goto("/secrets?q=group_");
      // By keys: the first row, and all up to the last one.
      await page.getByLabel("Search").focus();
      await page.keyboard.press("ArrowDown");
      await expect(page.locator(":focus")).toHaveText(/^group_one/);
      await page.keyboard.press(" ");
      await expect(page.getByText("1 selected")).toBeVisible();
      for (const next of ["group_three", "group_two"]) {
        await page.keyboard.press("ArrowDown");
        await expect(page.locator(":focus")).toHaveText(new RegExp(`^${next}`));
      }
      await page.keyboard.press("Shift+ ");
      await expect(page.getByText("3 selected")).toBeVisible();
      await expectAccessible(page);
      await page.keyboard.press("Escape");
      await expect(page.getByText("3 selected")).toBeHidden();
      await page.getByLabel("Select all that are shown").check();
      await page.keyboard.press("r");

      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Rotate 3 secrets");
      await expect(page.getByText(/^Say whether the old value of group_one, group_three and group_two/)).toBeVisible();
      await expect(page.getByLabel("New value of all, where")).toHaveValue("typed");
      for (const name of names)
        await expect(chosenFor(page, `New value of ${name}`)).toHaveText("As for all: I enter it");
      // One answer for all, by keys; then another for one alone, which the next answer for all leaves as it is.
      await page.getByLabel("Old value of all").focus();
      await page.keyboard.press("ArrowDown");
      for (const name of names)
        await expect(chosenFor(page, `Old value of ${name}`)).toHaveText("As for all: still works");
      await page.getByLabel("Old value of group_three").selectOption("no");
      await expect(page.getByText(/^The old value of group_three stops working/)).toBeVisible();
      await page.getByLabel("New value of all, where").selectOption("generated");
      await expect(page.getByLabel(/^Old value of/)).toHaveCount(0);
      await page.getByLabel("New value of all, where").selectOption("typed");
      await expect(page.getByText(/^Say whether the old value of group_one/)).toBeVisible();
      await page.getByLabel("Old value of all").selectOption("yes");
      await page.getByText("How services move").click();
      await page.getByLabel("Soak", { exact: true }).fill("1 s");
      await page.getByLabel("Order of services").selectOption("together");
      await expect(page.getByText(/^2 tasks restart instead of 4:/)).toBeVisible();
      for (const name of names)
        await page.getByRole("textbox", { name: `New value of ${name}` }).fill(`typed for ${name}`);
      await expectAccessible(page);
      expect(page.url()).not.toContain("typed for");
      await page.getByRole("button", { name: "Rotate 3 secrets in 2 services" }).click();

      await expect(page).toHaveURL(/\/operations\//);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Rotate 3 secrets");
      await expectEnd(page, unverified);
      await expect(page.getByText("2 services on the new versions of 3 secrets, each moved once.")).toBeVisible();
      await expectAccessible(page);

      // What was there before, and one task more: each service has restarted once.
      for (const [serviceId, held] of [
        [both, names],
        [one, names.slice(0, 1)],
      ] as const) {
        const tasks = await tasksOf(serviceId);
        expect(tasks).toHaveLength(2);
        const running = tasks.find(({ DesiredState }) => DesiredState === "running");
        const mounted = running?.Spec.ContainerSpec.Secrets.map(({ SecretName }) => SecretName);
        expect(mounted?.toSorted()).toEqual(held.map((name) => `${name}_v2`).toSorted());
      }
    });

    test("the secrets of a service are rotated from its page, on a phone too", async ({ page }) => {
      await page.setViewportSize(phone);
      await page.goto("/services?q=group_both");
      await page.getByRole("link", { name: /^group_both/ }).click();
      await page.getByRole("link", { name: "Rotate its secrets" }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Rotate 3 secrets");
      await expectAccessible(page);
      await expectNoOverflow(page);
      await rotateToTheEnd(page);
      await page.goto("/secrets?q=group_");
      await page.getByLabel("Select group_two").check();
      await expect(page.getByText("1 selected")).toBeVisible();
      await expectAccessible(page);
      await expectNoOverflow(page);
    });

    test("the secrets of a whole stack are rotated from the list that shows it", async ({ page }) => {
      await page.goto(`/services?stack=${stack}`);
      await page.getByRole("link", { name: "Rotate the stack" }).click();
      await expect(page).toHaveURL(new RegExp(`[?&]stack=${stack}`));
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Rotate 3 secrets of the stack ${stack}`);
      await rotateToTheEnd(page);
    });
  });
