import { describe, expect, it } from "vitest";
import { consoleLabel } from "#lib/swarm/labels.ts";
import { Rehearsal } from "./model/rehearsal.ts";

function threeServices() {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of ["a", "b", "c"])
    rehearsal.model.addService(name, { secrets: [{ ...old, target: "db_password" }] });
  return { rehearsal, old };
}

describe("a rotation", () => {
  it("ends when every service runs the new version, and keeps the old one for a day", async () => {
    const { rehearsal, old } = threeServices();
    const id = await rehearsal.start(rehearsal.rotation([old.id], ["a", "b", "c"]));
    const operation = await rehearsal.run(id);
    expect(operation).toMatchObject({ state: "ended", outcome: "done", verification: "running-not-verified" });
    for (const name of ["a", "b", "c"]) {
      expect(rehearsal.named(name)).toEqual({ db_password: "db_password_v2" });
      expect(rehearsal.updates(name)).toBe(1);
    }
    const versions = [...rehearsal.store.books.versions.values()];
    expect(versions.map(({ number, state }) => [number, state])).toEqual([
      [1, "previous"],
      [2, "current"],
    ]);
    expect(versions[0]?.retireAfter).toBeGreaterThan(rehearsal.model.now + 86_000_000);
  });

  it("moves all at once when together, up to the bound", async () => {
    const { rehearsal, old } = threeServices();
    const id = await rehearsal.start(rehearsal.rotation([old.id], ["a", "b", "c"], { atMost: 2 }));
    await rehearsal.run(id, { until: () => rehearsal.model.calls.some(({ name }) => name === "updateService") });
    expect(["a", "b", "c"].map((name) => rehearsal.updates(name))).toEqual([1, 1, 0]);
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("done");
  });

  it("waits for the canary's soak before the rest", async () => {
    const { rehearsal, old } = threeServices();
    const plan = rehearsal.rotation([old.id], ["a", "b", "c"], { order: "canary", canaryServiceId: "service-b" });
    expect((await rehearsal.run(await rehearsal.start(plan))).outcome).toBe("done");
    expect(rehearsal.updatedAt("a")).toBeGreaterThan(rehearsal.updatedAt("b") + 15);
    expect(rehearsal.updatedAt("c")).toBeCloseTo(rehearsal.updatedAt("a"));
  });

  it("moves one after another when one by one", async () => {
    const { rehearsal, old } = threeServices();
    const plan = rehearsal.rotation([old.id], ["a", "b", "c"], { order: "one-by-one" });
    expect((await rehearsal.run(await rehearsal.start(plan))).outcome).toBe("done");
    expect(rehearsal.updatedAt("b")).toBeGreaterThan(rehearsal.updatedAt("a") + 15);
    expect(rehearsal.updatedAt("c")).toBeGreaterThan(rehearsal.updatedAt("b") + 15);
  });

  it("moves Skep's own service last, when all others are through", async () => {
    const { rehearsal, old } = threeServices();
    const plan = rehearsal.rotation([old.id], ["a", "b", "c"]);
    const changes = plan.changes.map((change) => ({ ...change, isSkep: change.serviceName === "a" }));
    expect((await rehearsal.run(await rehearsal.start({ ...plan, changes }))).outcome).toBe("done");
    expect(rehearsal.updatedAt("a")).toBeGreaterThan(rehearsal.updatedAt("c") + 15);
  });

  it("moves Skep's own service last, also where it joins on the way", async () => {
    const { rehearsal, old } = threeServices();
    rehearsal.model.edit("service-b", (spec) => {
      spec.Labels = { [consoleLabel]: "" };
    });
    rehearsal.model.advance(20);
    const id = await rehearsal.start(rehearsal.rotation([old.id], ["a"]));
    expect((await rehearsal.run(id)).outcome).toBe("done");
    expect(rehearsal.updatedAt("b")).toBeGreaterThan(rehearsal.updatedAt("c") + 15);
  });
});
