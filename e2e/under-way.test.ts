import { expect, type Page } from "@playwright/test";
import { expectEnd } from "./fixtures.ts";
import type { Scene } from "./scene.ts";
import { signIn, startSkep } from "./server.ts";
import { createSecret, testOnStage, valueField } from "./stage.ts";
import { addService, type Mount, mountOf } from "./swarm.ts";

const test = testOnStage();

test.describe("a rotation under way", () => {
  test("that another hand's service gets in the way of says whose it is now, and what it names", async ({
    page,
    stage,
  }) => {
    await createSecret(page, stage.scene, "foreign");
    const { mount, ids } = await begin(page, stage.scene, "edited", "one-by-one");
    await remount(stage.scene, ids[1] ?? "", await mountOf(stage.scene.engine, "foreign_v1"), mount.target);
    await expectEnd(page, /left out/);
    const second = lane(page, "edited-second");
    await expect(second.getByText("Moved by another hand")).toBeVisible();
    await expect(second.getByText("Now it names none of these versions")).toBeVisible();
    await expect(lane(page, "edited-first").getByText("Running, not verified")).toBeVisible();
    await expect(page.getByText(/Not moved: edited-second/)).toBeVisible();
  });

  test("whose canary a deploy takes back asks before it goes on, and says what each choice does", async ({
    page,
    stage,
  }) => {
    const { mount, ids } = await begin(page, stage.scene, "redeployed", "canary");
    await remount(stage.scene, ids[0] ?? "", mount, mount.target);
    await expect(page.getByText(/Another hand changed redeployed-first, the canary/).first()).toBeVisible();
    await expect(lane(page, "redeployed-first").getByText(/Now it names redeployed_v1/)).toBeVisible();
    await expect(lane(page, "redeployed-second").getByText(/Now it names redeployed_v1/)).toBeVisible();
    for (const choice of ["Try again", "Undo all", "Leave as it is"]) {
      await expect(page.getByRole("button", { name: choice })).toBeVisible();
    }
    await page.getByRole("button", { name: "Undo all" }).click();
    await expectEnd(page, "Undone");
  });

  test("that the Swarm does not answer says since when it stands still, and keeps that it had to wait", async ({
    page,
    stage,
  }) => {
    await begin(page, stage.scene, "cut-off", "one-by-one");
    const join = await stage.scene.cutOffSwarm();
    await expect(page.getByText(/^Standing still for \d+ s: There is no Docker socket/)).toBeVisible();
    await expectEnd(page, "Standing still");
    const overview = await stage.openPage();
    await overview.goto("/");
    await expect(overview.getByText(/stands still: \d of 2 services done/)).toBeVisible();
    await overview.close();
    await join();
    await expect(page.getByText(/^Standing still for/)).toBeHidden();
    await expectEnd(page, "Running, not verified");
    await expect(page.getByText(/waited \d+ s with cut-off, and goes on: “There is no Docker socket/)).toBeVisible();
  });

  test("whose Skep stands still is taken up by another one, and the history says so", async ({
    browser,
    page,
    stage,
  }) => {
    const { skep } = stage.scene;
    await begin(page, stage.scene, "frozen", "one-by-one");
    const other = await startSkep({ args: [], env: stage.scene.skepEnvironment });
    const context = await browser.newContext({ baseURL: other.url });
    try {
      skep.process.kill("SIGSTOP");
      const theirs = await stage.openPage(context);
      await signIn(theirs, skep.administrator);
      await theirs.goto(new URL(page.url()).pathname);
      await expect(theirs.getByText(/took up the operation on frozen again/)).toBeVisible();
      await expectEnd(theirs, "Running, not verified");
    } finally {
      skep.process.kill("SIGCONT");
      await context.close();
      await other.stop();
    }
    await expectEnd(page, "Running, not verified");
  });
});

/** Begun for two services, and come as far as the soak of the first. */
async function begin(
  page: Page,
  scene: Scene,
  name: string,
  order: "canary" | "one-by-one",
): Promise<{ mount: Mount; ids: string[] }> {
  const key = await createSecret(page, scene, name);
  const mount = await mountOf(scene.engine, `${name}_v1`);
  const ids: string[] = [];
  for (const place of ["first", "second"]) {
    ids.push(await addService(scene.engine, { name: `${name}-${place}`, mounts: [mount] }));
  }
  const asked = new URLSearchParams({ source: "typed", oldStaysValid: "yes", order, soakSeconds: "8" });
  await page.goto(`/secrets/${key}/rotate?${asked}`);
  await valueField(page).fill("second");
  await page.getByRole("button", { name: "Rotate 2 services" }).click();
  await page.waitForURL(/\/operations\//);
  await expect(lane(page, `${name}-first`).getByText("Soaking")).toBeVisible();
  return { mount, ids };
}

/** What another hand has the service name, in place of whatever it names. */
async function remount({ engine }: Scene, serviceId: string, { id, name }: Mount, target: string): Promise<void> {
  type Service = { Version: { Index: number }; Spec: { TaskTemplate: { ContainerSpec: { Secrets: object[] } } } };
  const { Version, Spec } = await engine.api.call<Service>("GET", `/services/${serviceId}`);
  const File = { Name: target, UID: "0", GID: "0", Mode: 0o444 };
  Spec.TaskTemplate.ContainerSpec.Secrets = [{ SecretID: id, SecretName: name, File }];
  await engine.api.call("POST", `/services/${serviceId}/update?version=${Version.Index}`, Spec);
}

function lane(page: Page, serviceName: string) {
  return page.getByRole("listitem").filter({ has: page.getByText(serviceName, { exact: true }) });
}
