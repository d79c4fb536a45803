import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningEngine, startEngine } from "./engine.ts";
import { eraseGround } from "./erase.ts";
import { waitUntil } from "./process.ts";
import { createSample } from "./sample.ts";
import { restorePaused } from "./sample-paused.ts";

type Service = {
  ID: string;
  Version: { Index: number };
  Spec: {
    Name: string;
    Labels: Record<string, string>;
    TaskTemplate: { ContainerSpec: { Env?: string[]; Secrets?: { SecretID: string; SecretName: string }[] } };
  };
  UpdateStatus?: { State?: string; Message?: string };
  ServiceStatus: { RunningTasks: number; DesiredTasks: number; CompletedTasks: number };
};
type Secret = { ID: string; Spec: { Name: string } };
type Task = {
  ServiceID: string;
  DesiredState: string;
  Status: { State: string; ContainerStatus?: { ExitCode?: number } };
};

let dataFolder: string;
let engine: RunningEngine;

beforeAll(async () => {
  dataFolder = realpathSync(mkdtempSync(join(tmpdir(), "skep-sample-")));
  engine = await startEngine({ dataFolder });
  await createSample(engine.api);
});
afterAll(() => eraseGround(dataFolder));

async function services(): Promise<Map<string, Service>> {
  const found = await engine.api.call<Service[]>("GET", "/services?status=true");
  return new Map(found.map((service) => [service.Spec.Name, service]));
}

function secrets(): Promise<Secret[]> {
  return engine.api.call<Secret[]>("GET", "/secrets");
}

async function becomes(name: string, is: (service: Service) => boolean): Promise<boolean> {
  return waitUntil(async () => is((await services()).get(name) as Service), 40, 200);
}

describe("the sample stacks", () => {
  it("are two, with six services and ten secrets at least: shared, unused and left over ones among them", async () => {
    const all = [...(await services()).values()];
    expect(all.length).toBeGreaterThanOrEqual(6);
    expect(new Set(all.map((service) => service.Spec.Labels["com.docker.stack.namespace"]))).toEqual(
      new Set(["shop", "monitoring"]),
    );
    const names = (await secrets()).map((secret) => secret.Spec.Name);
    expect(names.length).toBeGreaterThanOrEqual(10);
    const uses = (name: string) =>
      all.filter((service) =>
        service.Spec.TaskTemplate.ContainerSpec.Secrets?.some((secret) => secret.SecretName === name),
      );
    expect(uses("shop_db_password_v2").length).toBeGreaterThan(2);
    expect(names).toContain("shop_db_password_v1");
    expect(uses("shop_db_password_v1")).toEqual([]);
    expect(uses("shop_newsletter_key")).toEqual([]);
    expect(
      all.some((service) =>
        service.Spec.TaskTemplate.ContainerSpec.Env?.some((line) => line.startsWith("DATABASE_PASSWORD=")),
      ),
    ).toBe(true);
  });

  it("really run: healthy ones, one that ended well, a job that is done, one asleep", async () => {
    expect(await becomes("shop_api", ({ ServiceStatus }) => ServiceStatus.RunningTasks === 3)).toBe(true);
    expect(await becomes("shop_import", ({ ServiceStatus }) => ServiceStatus.CompletedTasks === 1)).toBe(true);
    expect(await becomes("shop_mailer", ({ ServiceStatus }) => ServiceStatus.DesiredTasks === 0)).toBe(true);
    const migrate = (await services()).get("shop_migrate");
    const ended = async () =>
      (await engine.api.call<Task[]>("GET", "/tasks")).filter((task) => task.ServiceID === migrate?.ID);
    expect(
      await waitUntil(async () => (await ended()).every((task) => task.Status.State === "complete"), 20, 200),
    ).toBe(true);
  });

  it("have one that a bad deploy left paused, with a good task that still runs", async () => {
    expect(await becomes("shop_catalog", ({ UpdateStatus }) => UpdateStatus?.State === "paused")).toBe(true);
    expect((await services()).get("shop_catalog")?.ServiceStatus.RunningTasks).toBe(1);
  });

  it("are after a second start as they were: the paused one has its good task again, and nobody else's change is undone", async () => {
    const before = (await services()).get("shop_catalog") as Service;
    await engine.stop();
    engine = await startEngine({ dataFolder });
    await createSample(engine.api);
    const stopped = restorePaused(engine.api);
    const isBegun = ({ Spec }: Service) => Object.keys(Spec.Labels).some((label) => label.includes("half-restored"));
    expect(await becomes("shop_catalog", isBegun)).toBe(true);
    await stopped.stop();
    await restorePaused(engine.api).over;
    expect(
      await becomes(
        "shop_catalog",
        ({ UpdateStatus, ServiceStatus }) => UpdateStatus?.State === "paused" && ServiceStatus.RunningTasks === 1,
      ),
    ).toBe(true);
    expect((await services()).get("shop_catalog")?.Spec).toEqual(before.Spec);
    expect(await becomes("shop_api", ({ ServiceStatus }) => ServiceStatus.RunningTasks === 3)).toBe(true);

    const restored = (await services()).get("shop_catalog") as Service;
    await restorePaused(engine.api).over;
    expect((await services()).get("shop_catalog")?.Version).toEqual(restored.Version);
  });

  it("have one that fails when its secret changes", async () => {
    const changed = await engine.api.call<{ ID: string }>("POST", "/secrets/create", {
      Name: "changed",
      Data: Buffer.from("another value").toString("base64"),
    });
    const payments = (await services()).get("shop_payments") as Service;
    const spec = structuredClone(payments.Spec);
    const [reference] = spec.TaskTemplate.ContainerSpec.Secrets ?? [];
    Object.assign(reference ?? {}, { SecretID: changed.ID, SecretName: "changed" });
    await engine.api.call("POST", `/services/${payments.ID}/update?version=${payments.Version.Index}`, spec);
    expect(
      await becomes("shop_payments", ({ UpdateStatus }) => UpdateStatus?.State?.startsWith("rollback") === true),
    ).toBe(true);
  });

  it("are made once: what a person removes stays removed", async () => {
    const before = (await services()).size;
    await engine.api.call("DELETE", "/secrets/shop_newsletter_key");
    await createSample(engine.api);
    expect((await secrets()).map((secret) => secret.Spec.Name)).not.toContain("shop_newsletter_key");
    expect((await services()).size).toBe(before);
  });
});
