import { expect, type Page } from "@playwright/test";
import type { RunningEngine } from "#lib/ground/engine.ts";
import { expectAccessibleAtAGlance, expectEnd, expectNoOverflow, phone, unverified } from "./fixtures.ts";
import { createSecret, pressAndFinish, testOnStage, valueField } from "./stage.ts";
import { addService, mountOf } from "./swarm.ts";

type Reference = { SecretID: string; SecretName: string; File: { Name: string; Mode: number } };
type Service = {
  Version: { Index: number };
  Spec: { Name: string; TaskTemplate: { ContainerSpec: { Secrets?: Reference[] } } };
};

const quick = { source: "typed", oldStaysValid: "yes", order: "together", soakSeconds: "1" };

const test = testOnStage();

test.describe("what is done to a secret, from its own page", () => {
  test("services go back to an older version, and the one that they leave goes from the Swarm when it is retired", async ({
    page,
    stage,
  }) => {
    const { engine } = stage.scene;
    const key = await createSecret(page, stage.scene, "rolled");
    const service = await addService(engine, { name: "reads-rolled", mounts: [await mountOf(engine, "rolled_v1")] });
    await rotate(page, key, quick);
    await pressAndFinish(page, "Rotate 1 service");
    expect(await namesIn(engine, service)).toEqual(["rolled_v2"]);

    await page.goto(`/secrets/${key}`);
    await version(page, "v1").getByRole("link", { name: "Roll back to it" }).click();
    await expect(page.getByLabel("Version", { exact: true })).toHaveValue(/./);
    await page.getByRole("radio", { name: /^Yes/ }).check();
    await expect(page.getByText("v2 stays in the Swarm until you retire it.")).toBeVisible();
    await expectAccessibleAtAGlance(page);
    await pressAndFinish(page, "Roll back 1 service");
    expect(await namesIn(engine, service)).toEqual(["rolled_v1"]);

    await page.goto(`/secrets/${key}`);
    await expect(version(page, "v1").getByText("Current", { exact: true })).toBeVisible();
    await version(page, "v2").getByRole("link", { name: "Retire" }).click();
    await expect(page.getByText(/^reads-rolled could still be rolled back to rolled_v2/)).toBeVisible();
    await expectAccessibleAtAGlance(page);
    await pressAndFinish(page, "Retire rolled_v2");
    await expect.poll(() => secretNames(engine, "rolled")).toEqual(["rolled_v1"]);
    await page.goto(`/secrets/${key}`);
    await expect(version(page, "v2").getByText("Removed", { exact: true })).toBeVisible();
  });

  test("a service that a rotation left out is moved to the current version, beside the others that have it", async ({
    page,
    stage,
  }) => {
    const { engine } = stage.scene;
    const key = await createSecret(page, stage.scene, "rested");
    const mounts = [await mountOf(engine, "rested_v1")];
    const [first, later] = [
      await addService(engine, { name: "reads-rested", mounts }),
      await addService(engine, { name: "stays-behind", mounts }),
    ];
    await rotate(page, key, { ...quick, "leaveOut[]": later });
    await page.getByRole("button", { name: "Rotate 1 service" }).click();
    await page.waitForURL(/\/operations\//);
    await expectEnd(page, "Done, some left out");
    expect([await namesIn(engine, first), await namesIn(engine, later)]).toEqual([["rested_v2"], ["rested_v1"]]);

    await page.goto(`/secrets/${key}`);
    await expect(grantOf(page, "reads-rested").getByRole("link", { name: "Move to v2" })).toHaveCount(0);
    await expectAccessibleAtAGlance(page);
    await grantOf(page, "stays-behind").getByRole("link", { name: "Move to v2" }).click();
    await page.getByRole("radio", { name: /^Yes/ }).check();
    await expect(page.getByRole("cell", { name: "stays-behind" })).toBeVisible();
    await expect(page.getByRole("cell", { name: "reads-rested" })).toHaveCount(0);
    await expectAccessibleAtAGlance(page);
    await expectNoOverflow(page);
    await pressAndFinish(page, "Move 1 service");
    expect(await namesIn(engine, later)).toEqual(["rested_v2"]);
    await page.goto(`/secrets/${key}`);
    await expect(page.getByRole("link", { name: "Move to v2" })).toHaveCount(0);
  });

  test("what another hand changed in a service is put back, and the next time taken over as the record", async ({
    page,
    stage,
  }) => {
    const { engine } = stage.scene;
    const key = await createSecret(page, stage.scene, "drifting");
    const service = await addService(engine, { name: "reads-drifting" });
    await page.goto(`/secrets/${key}`);
    await page.getByRole("link", { name: "Grant", exact: true }).click();
    await page.getByLabel("Service", { exact: true }).selectOption("reads-drifting");
    await page.getByLabel("Mode", { exact: true }).fill("0440");
    await page.getByLabel("Mode", { exact: true }).blur();
    await expect(page).toHaveURL(/mode=0440/);
    await expectAccessibleAtAGlance(page);
    await pressAndFinish(page, "Grant to reads-drifting");
    expect(await modeIn(engine, service)).toBe(0o440);

    await setMode(engine, service, 0o400);
    await page.goto(`/secrets/${key}`);
    await expect(page.getByText("Drifted: mode in reads-drifting")).toBeVisible();
    await grantOf(page, "reads-drifting").getByRole("link", { name: "Put back" }).click();
    await expect(page.getByRole("cell", { name: "reads-drifting" })).toBeVisible();
    await expectAccessibleAtAGlance(page);
    await pressAndFinish(page, "Put back 1 service");
    expect(await modeIn(engine, service)).toBe(0o440);
    await page.goto(`/secrets/${key}`);
    await expect(page.getByText("Healthy", { exact: true })).toBeVisible();

    await setMode(engine, service, 0o400);
    await expect(page.getByText("Drifted: mode in reads-drifting")).toBeVisible();
    await grantOf(page, "reads-drifting").getByRole("link", { name: "Take over" }).click();
    const chosen = page.getByRole("form", { name: "What the plan is made of" });
    await expect(chosen.getByText("has another owner or mode than recorded")).toBeVisible();
    await expectAccessibleAtAGlance(page);
    await pressAndFinish(page, "Take it over");
    await page.goto(`/secrets/${key}`);
    await expect(page.getByText("Healthy", { exact: true })).toBeVisible();
    await expect(grantOf(page, "reads-drifting").getByText("0400")).toBeVisible();
    expect(await modeIn(engine, service)).toBe(0o400);
  });

  test("a secret that was revoked and is retired says what it waits for, and stays when a person wants to keep it", async ({
    page,
    stage,
  }) => {
    const { engine } = stage.scene;
    const key = await createSecret(page, stage.scene, "parting");
    const service = await addService(engine, {
      name: "shop_reads-parting",
      labels: { "com.docker.stack.namespace": "shop" },
      mounts: [await mountOf(engine, "parting_v1")],
    });
    await page.goto(`/secrets/${key}`);
    await grantOf(page, "shop_reads-parting").getByRole("link", { name: "Revoke" }).click();
    await expect(page.getByLabel("File", { exact: true })).toHaveValue("parting");
    await expect(page.getByRole("button", { name: "Revoke from shop_reads-parting" })).toBeEnabled();
    await expectAccessibleAtAGlance(page);
    await pressAndFinish(page, "Revoke from shop_reads-parting");
    expect(await namesIn(engine, service)).toEqual([]);

    await page.goto(`/secrets/${key}`);
    await page.getByRole("link", { name: "Retire", exact: true }).first().click();
    await expect(page.getByLabel("What", { exact: true })).toHaveValue("");
    await page.getByRole("button", { name: "Retire parting_v1" }).click();
    await expect(page.getByText("Done, some left out").first()).toBeVisible();
    await expect(page.getByText("parting_v1: stack shop still names v1")).toBeVisible();
    await page.goto(`/secrets/${key}`);
    await expect(page.getByText("Waits for its removal")).toBeVisible();
    await expect(version(page, "v1").getByText(/Not removed yet: stack shop still names v1/)).toBeVisible();

    await page.getByRole("link", { name: "Keep it" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(/^Keep parting/);
    await expectAccessibleAtAGlance(page);
    await pressAndFinish(page, "Keep it");
    await page.goto(`/secrets/${key}`);
    await expect(page.getByText("Unused", { exact: true }).first()).toBeVisible();
    await expect(page.getByText("Not removed yet")).toBeHidden();
    expect(await secretNames(engine, "parting")).toEqual(["parting_v1"]);
  });

  test("a rotation one by one that is stopped moves no further service, and ends in words of its own", async ({
    page,
    stage,
  }) => {
    const { engine } = stage.scene;
    const key = await createSecret(page, stage.scene, "stopped");
    const mounts = [await mountOf(engine, "stopped_v1")];
    const services: string[] = [];
    for (const name of ["first", "second", "third"])
      services.push(await addService(engine, { name: `${name}-stopped`, mounts }));
    const moved = async () => {
      const names = await Promise.all(services.map((service) => namesIn(engine, service)));
      return names.map(([name]) => name === "stopped_v2");
    };
    await rotate(page, key, { ...quick, order: "one-by-one", soakSeconds: "5" });
    await page.getByRole("button", { name: "Rotate 3 services" }).click();
    await page.waitForURL(/\/operations\//);
    await expect(page.getByText(/^Soaking/).first()).toBeVisible();
    await page.getByRole("button", { name: "Stop after this" }).click();
    await expect(
      page.getByText("No further service is moved; the present ones are watched to their end."),
    ).toBeVisible();
    const before = await moved();
    expect(before).toContain(true);
    expect(before).toContain(false);
    await expect(page.getByText("Stopped, mixed", { exact: true })).toBeVisible();
    await expect(page.getByText(/Stopped half-way: moved: .*-stopped; not moved: .*-stopped/)).toBeVisible();
    await expect(page.getByText("Rotate again to bring all services onto one version, or roll back.")).toBeVisible();
    expect(await moved()).toEqual(before);
    expect(await secretNames(engine, "stopped")).toEqual(["stopped_v1", "stopped_v2"]);
  });

  test("an emergency asks what happened and says what it cannot do, on a desk and on a phone", async ({
    page,
    stage,
  }) => {
    const { engine } = stage.scene;
    const key = await createSecret(page, stage.scene, "leaked");
    await addService(engine, { name: "reads-leaked", mounts: [await mountOf(engine, "leaked_v1")] });
    await page.goto(`/secrets/${key}`);
    await page.getByRole("link", { name: "It has leaked" }).click();
    await page.getByLabel("What happened").fill("in a public log");
    await page.getByRole("radio", { name: /^No\b/ }).check();
    await expect(page.getByText(/older Raft snapshots and backups of managers still hold it/)).toBeVisible();
    await expect(page.getByRole("button", { name: "Rotate 1 service and remove the old" })).toBeEnabled();
    await expectAccessibleAtAGlance(page);
  });

  test("a secret is rotated on a phone, from the list to the end, with nothing beside the screen", async ({
    page,
    stage,
  }) => {
    const { engine } = stage.scene;
    const key = await createSecret(page, stage.scene, "pocket_sized_key_of_the_payment_gateway");
    const mounts = [await mountOf(engine, "pocket_sized_key_of_the_payment_gateway_v1")];
    for (const name of ["payments_gateway-with-a-long-name", "payments_worker"])
      await addService(engine, { name, mounts });
    await page.setViewportSize(phone);
    await page.goto("/secrets?q=pocket");
    await expectNoOverflow(page);
    await page.getByRole("link", { name: /^pocket_sized_key_of_the_payment_gateway/ }).click();
    await expect(page).toHaveURL(new RegExp(`/secrets/${key}$`));
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectNoOverflow(page);

    await page.getByRole("link", { name: "Rotate", exact: true }).click();
    await page.getByText("Make one; nobody sees it").click();
    await page.getByText("How services move").click();
    await page.getByLabel("Soak", { exact: true }).fill("2 s");
    await page.getByLabel("Order of services").selectOption("one-by-one");
    await expect(page.getByRole("cell", { name: "payments_worker" })).toBeVisible();
    await expectNoOverflow(page);
    await page.getByRole("button", { name: "Rotate 2 services" }).click();

    await page.waitForURL(/\/operations\//);
    await expect(page.getByText(/^(Updating|Soaking)/).first()).toBeVisible();
    await expect(page.getByText("Waiting", { exact: true })).toBeVisible();
    await expectNoOverflow(page);
    await expectEnd(page, unverified);
    await expect(page.getByText("2 services on v2.")).toBeVisible();
    await expectNoOverflow(page);
    await page.getByRole("link", { name: "pocket_sized_key_of_the_payment_gateway" }).first().click();
    await expect(page.getByText("1 of 1 on v2")).toHaveCount(2);
    await expectNoOverflow(page);
  });
});

/** Its form, filled in up to the button. */
async function rotate(page: Page, key: string, options: Record<string, string>): Promise<void> {
  await page.goto(`/secrets/${key}/rotate?${new URLSearchParams(options)}`);
  await valueField(page).fill("second");
}

function version(page: Page, number: string) {
  return page.getByRole("listitem").filter({ has: page.getByText(number, { exact: true }) });
}

function grantOf(page: Page, serviceName: string) {
  return page.getByRole("row").filter({ has: page.getByRole("link", { name: serviceName, exact: true }) });
}

async function secretNames(engine: RunningEngine, prefix: string): Promise<string[]> {
  const all = await engine.api.call<{ Spec: { Name: string } }[]>("GET", "/secrets");
  return all
    .map(({ Spec }) => Spec.Name)
    .filter((name) => name.startsWith(`${prefix}_`))
    .toSorted();
}

async function references(engine: RunningEngine, serviceId: string): Promise<Reference[]> {
  const { Spec } = await engine.api.call<Service>("GET", `/services/${serviceId}`);
  return Spec.TaskTemplate.ContainerSpec.Secrets ?? [];
}

async function namesIn(engine: RunningEngine, serviceId: string): Promise<string[]> {
  return (await references(engine, serviceId)).map(({ SecretName }) => SecretName);
}

async function modeIn(engine: RunningEngine, serviceId: string): Promise<number | undefined> {
  return (await references(engine, serviceId))[0]?.File.Mode;
}

/** What somebody at a terminal would do, past Skep. */
async function setMode(engine: RunningEngine, serviceId: string, mode: number): Promise<void> {
  const { Spec, Version } = await engine.api.call<Service>("GET", `/services/${serviceId}`);
  for (const { File } of Spec.TaskTemplate.ContainerSpec.Secrets ?? []) File.Mode = mode;
  await engine.api.call("POST", `/services/${serviceId}/update?version=${Version.Index}`, Spec);
}
