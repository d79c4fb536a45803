import { type BrowserContext, expect, type Page } from "@playwright/test";
import { expectEnd, unverified } from "./fixtures.ts";
import { until } from "./scene.ts";
import { signIn } from "./server.ts";
import {
  createSecret,
  expectKept,
  expectToldKept,
  expectUnchanged,
  keepStale,
  liveStream,
  openNew,
  outsideEvents,
  pressAndFinish,
  type Stage,
  stateOf,
  testOnStage,
  valueField,
} from "./stage.ts";
import { addService } from "./swarm.ts";

const test = testOnStage();

test.describe("what comes in between", () => {
  test("a service that goes between plan and go: nothing is done, and the new plan is asked about", async ({
    page,
    stage,
  }) => {
    const key = await createSecret(page, stage.scene, "shared");
    const secretId = await objectOf(stage, "shared_v1");
    const mounts = [{ id: secretId, name: "shared_v1", target: "shared" }];
    await addService(stage.scene.engine, { name: "stays", mounts });
    const going = await addService(stage.scene.engine, { name: "goes", mounts });
    await keepStale(page);
    await page.goto(`/secrets/${key}/rotate?${quick}`);
    await valueField(page).fill("second");
    await expect(page.getByRole("button", { name: "Rotate 2 services" })).toBeVisible();
    await stage.scene.engine.api.call("DELETE", `/services/${going}`);
    // It came with the secret and went with it.
    await expect.poll(() => outsideEvents(stage.scene, going)).toBe(2);
    await expectUnchanged(stage.scene, async () => {
      await page.getByRole("button", { name: "Rotate 2 services" }).click();
      await expect(page.getByText("The Swarm has changed since this plan was made.")).toBeVisible();
      await expectKept(page, { Soak: "1", "Order of services": "together" });
      await expect(page.getByLabel("I enter it")).toBeChecked();
      await page.getByRole("button", { name: "Show the plan as it is now" }).click();
      await expect(page.getByRole("button", { name: "Rotate 1 service" })).toBeVisible();
      await expect(page.getByRole("cell", { name: "goes" })).toBeHidden();
    });
    await page.unroute(liveStream);
    await valueField(page).fill("second");
    await pressAndFinish(page, "Rotate 1 service");
  });

  test("a service that goes before it is granted: a sentence, and what was typed for it stays", async ({
    page,
    stage,
  }) => {
    const key = await createSecret(page, stage.scene, "lent");
    const serviceId = await addService(stage.scene.engine, { name: "brief" });
    await keepStale(page);
    await page.goto(`/secrets/${key}/grant?${new URLSearchParams({ serviceId, target: "lent.txt", mode: "0440" })}`);
    await expect(page.getByRole("button", { name: "Grant to brief" })).toBeVisible();
    await stage.scene.engine.api.call("DELETE", `/services/${serviceId}`);
    await expectUnchanged(stage.scene, async () => {
      await page.getByRole("button", { name: "Grant to brief" }).click();
      await expect(page.getByText("This service is no longer in the Swarm. Choose another one.")).toBeVisible();
      await page.getByRole("button", { name: "Show the plan as it is now" }).click();
      await expect(page.getByLabel("Service", { exact: true })).toHaveAccessibleDescription(/no longer in the Swarm/);
      await expectKept(page, { File: "lent.txt", Mode: "0440" });
    });
  });

  test("two people who rotate the same secret at once: one does, the other is told, and there is one new version", async ({
    browser,
    page,
    stage,
  }) => {
    const key = await createSecret(page, stage.scene, "contested");
    const theirs = await colleague(stage, page, await browser.newContext({ baseURL: stage.scene.skep.url }));
    const pages = [page, theirs];
    for (const each of pages) {
      await keepStale(each);
      await each.goto(`/secrets/${key}/rotate?${quick}`);
      await valueField(each).fill(`second of ${pages.indexOf(each)}`);
    }
    await Promise.all(pages.map((each) => each.getByRole("button", { name: /^Rotate/ }).click()));
    const told = /is under way|The Swarm has changed since/;
    await until("one of them is led on and the other is told", async () => {
      const led = pages.filter((each) => /\/operations\//.test(each.url())).length;
      const refused = await Promise.all(pages.map((each) => each.getByRole("alert").filter({ hasText: told }).count()));
      return led === 1 && refused.includes(1);
    });
    const [loser] = pages.filter((each) => !/\/operations\//.test(each.url()));
    await expectKept(loser as Page, { Soak: "1", "Order of services": "together" });
    const [winner] = pages.filter((each) => each !== loser);
    await expectEnd(winner as Page, "Done");
    expect(await objectsNamed(stage, "contested_")).toEqual(["contested_v1", "contested_v2"]);
    await theirs.context().close();
  });

  test("two tabs with the same form: the second is told that the name is taken", async ({ page, stage }) => {
    const second = await stage.openPage();
    for (const each of [page, second]) {
      await keepStale(each);
      await openNew(each, "twice");
      await valueField(each).fill("value");
    }
    await pressAndFinish(page, "Create twice_v1");
    await expectUnchanged(stage.scene, async () => {
      await second.getByRole("button", { name: "Create twice_v1" }).click();
      await expect(second.getByText("There is a secret named twice already")).toBeVisible();
      await expectToldKept(second, "twice");
      await expect(valueField(second)).toHaveValue("");
    });
    await second.close();
  });

  test("a session that is revoked in the middle of a form: after signing in elsewhere, the form goes on", async ({
    browser,
    page,
    stage,
  }) => {
    const elsewhere = await browser.newContext({ baseURL: stage.scene.skep.url });
    const other = await stage.openPage(elsewhere);
    await openNew(page, "revoked");
    await valueField(page).fill("value");
    // A page that asked whether it may be read again, and is being read while its session ends, would lose its form:
    // what other tests have left running must not make it one.
    await page.route(liveStream, (route) => (route.request().method() === "HEAD" ? route.abort() : route.continue()));
    // She ends it from another browser, where she sees all her sessions.
    await signIn(other, stage.scene.skep.administrator);
    await other.goto("/settings/account");
    await other.getByRole("button", { name: /^End the session/ }).click();
    await expect(other.getByRole("button", { name: /^End the session/ })).toHaveCount(0);
    await page.unroute(liveStream);
    await expectUnchanged(stage.scene, async () => {
      await page.getByRole("button", { name: "Create revoked_v1" }).click();
      await expect(page.getByText("You are no longer signed in.")).toBeVisible();
      await expectToldKept(page, "revoked");
      await expect(valueField(page)).toHaveValue("");
    });
    const tab = await stage.openPage();
    await signIn(tab, stage.scene.skep.administrator);
    await valueField(page).fill("value");
    await pressAndFinish(page, "Create revoked_v1");
    await tab.close();
    await elsewhere.close();
  });

  test("the Swarm stops: pages say since when and show what was known, changes are refused, and all goes on by itself", async ({
    page,
    stage,
  }) => {
    await createSecret(page, stage.scene, "known");
    await openNew(page, "offline");
    await valueField(page).fill("value");
    const list = await stage.openPage();
    await list.goto("/secrets");
    await expect(list.getByRole("link", { name: "known", exact: true })).toBeVisible();
    const before = await stateOf(stage.scene);
    await stage.scene.engine.stop();
    await expect(list.getByText("The Swarm does not answer.")).toBeVisible();
    await expect(list.getByText(/Since .* You see what was last known/)).toBeVisible();
    await expect(list.getByRole("link", { name: "known", exact: true })).toBeVisible();
    await list.reload();
    await expect(list.getByRole("link", { name: "known", exact: true })).toBeVisible();
    // The page of the form has been told too: its plan gives way to the reason.
    await expectToldKept(page, "offline");
    await expect(page.getByRole("button", { name: "Create offline_v1" })).toBeHidden();
    await expect(page.getByText(/The Swarm (does not answer|cannot be reached)/).first()).toBeVisible();
    await stage.scene.startEngineAgain();
    await expect(list.getByText("The Swarm does not answer.")).toBeHidden();
    await expect(page.getByRole("button", { name: "Create offline_v1" })).toBeVisible();
    await expectToldKept(page, "offline");
    const { secrets, rows } = (await stateOf(stage.scene)) as Record<string, unknown>;
    expect({ ...before, secrets, rows }).toEqual(before);
    await valueField(page).fill("value");
    await pressAndFinish(page, "Create offline_v1");
    await list.close();
  });

  test("the Swarm stops between plan and go: one sentence, and the form stays", async ({ page, stage }) => {
    await keepStale(page);
    await openNew(page, "between");
    await valueField(page).fill("value");
    const before = await stateOf(stage.scene);
    await stage.scene.engine.stop();
    await page.getByRole("button", { name: "Create between_v1" }).click();
    await expect(page.getByRole("alert").filter({ hasText: /The Swarm/ })).toBeVisible();
    await expectToldKept(page, "between");
    await stage.scene.startEngineAgain();
    const { secrets, rows } = (await stateOf(stage.scene)) as Record<string, unknown>;
    expect({ ...before, secrets, rows }).toEqual(before);
  });

  test("Postgres stops: one sentence, no call to the Swarm, and pages come back by themselves", async ({
    browser,
    page,
    stage,
  }) => {
    const { postgres, startPostgresAgain } = stage.scene;
    await keepStale(page);
    await openNew(page, "without");
    await valueField(page).fill("value");
    const before = await stateOf(stage.scene);
    await postgres.stop();
    await page.getByRole("button", { name: "Create without_v1" }).click();
    await expect(page.getByText("The database cannot be reached.").first()).toBeVisible();
    await expectToldKept(page, "without");
    const late = await stage.openPage();
    await late.goto("/secrets");
    await expect(late.getByText("The database cannot be reached", { exact: true })).toBeVisible();
    const stranger = await stage.openPage(await browser.newContext({ baseURL: stage.scene.skep.url }));
    await stranger.goto("/sign-in");
    await stranger.getByLabel("E-mail").fill(stage.scene.skep.administrator.email);
    await stranger.getByLabel("Password").fill(stage.scene.skep.administrator.password);
    await stranger.getByRole("button", { name: "Sign in" }).click();
    await expect(stranger.locator("form").getByText("The database cannot be reached.")).toBeVisible();
    await expectKept(stranger, { "E-mail": stage.scene.skep.administrator.email });
    await stranger.context().close();
    await startPostgresAgain();
    await expect(late.getByRole("heading", { level: 1, name: /secrets/i })).toBeVisible();
    expect(await stateOf(stage.scene)).toEqual(before);
    await page.unroute(liveStream);
    await expect(page.getByText("Live", { exact: true })).toBeVisible();
    await expectToldKept(page, "without");
    await valueField(page).fill("value");
    await pressAndFinish(page, "Create without_v1");
    await late.close();
  });

  test("Skep itself freezes: an open page says since when, and is live again by itself", async ({ page, stage }) => {
    await page.goto("/secrets");
    const live = page.getByText("Live", { exact: true });
    await expect(live).toBeVisible();
    stage.scene.skep.process.kill("SIGSTOP");
    try {
      await expect(page.getByText(/^Disconnected since/)).toBeVisible();
    } finally {
      stage.scene.skep.process.kill("SIGCONT");
    }
    await expect(live).toBeVisible();
  });

  for (const what of ["the Swarm", "Postgres"] as const) {
    test(`${what} is away in the middle of a rotation: the page says so, and the rotation ends well once it is back`, async ({
      page,
      stage,
    }) => {
      const { engine, postgres, cutOffSwarm, startPostgresAgain } = stage.scene;
      const name = what === "Postgres" ? "paused-by-postgres" : "paused-by-swarm";
      const key = await createSecret(page, stage.scene, name);
      const mounts = [{ id: await objectOf(stage, `${name}_v1`), name: `${name}_v1`, target: name }];
      await addService(engine, { name: `runs-${name}`, mounts });
      await page.goto(`/secrets/${key}/rotate?source=typed&oldStaysValid=yes&soakSeconds=8`);
      await valueField(page).fill("second");
      await page.getByRole("button", { name: "Rotate 1 service" }).click();
      await page.waitForURL(/\/operations\//);
      await expect(page.getByText("Under way", { exact: true }).first()).toBeVisible();
      if (what === "Postgres") {
        await postgres.stop();
        await page.reload();
        await expect(page.getByText("The database cannot be reached", { exact: true })).toBeVisible();
        await startPostgresAgain();
      } else {
        const join = await cutOffSwarm();
        await expect(page.getByText("The Swarm does not answer.")).toBeVisible();
        await join();
      }
      await expectEnd(page, unverified);
      expect(await objectsNamed(stage, name)).toEqual([`${name}_v1`, `${name}_v2`]);
    });
  }
});

const quick = new URLSearchParams({ source: "typed", oldStaysValid: "yes", order: "together", soakSeconds: "1" });

async function objectsNamed({ scene }: Stage, prefix: string): Promise<string[]> {
  const all = await scene.engine.api.call<{ Spec: { Name: string } }[]>("GET", "/secrets");
  return all
    .map(({ Spec }) => Spec.Name)
    .filter((name) => name.startsWith(prefix))
    .toSorted();
}

async function objectOf({ scene }: Stage, name: string): Promise<string> {
  const all = await scene.engine.api.call<{ ID: string; Spec: { Name: string } }[]>("GET", "/secrets");
  return all.find(({ Spec }) => Spec.Name === name)?.ID ?? "";
}

/** A second person, by an invitation of the first. */
async function colleague(stage: Stage, page: Page, context: BrowserContext): Promise<Page> {
  await page.goto("/settings/people");
  await page.getByLabel("E-mail").fill("grace@example.org");
  await page.getByLabel("Role").selectOption("operator");
  await page.getByRole("button", { name: "Make an invitation" }).click();
  const link = await page.getByLabel("Pass this link on").inputValue();
  const theirs = await stage.openPage(context);
  await theirs.goto(link);
  await theirs.getByLabel("Name").fill("Grace");
  await theirs.getByLabel(/^Password/).fill("a long enough sentence");
  await theirs.keyboard.press("Enter");
  await theirs.waitForURL((url) => url.pathname === "/");
  return theirs;
}
