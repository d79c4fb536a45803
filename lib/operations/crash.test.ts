import { describe, expect, it } from "vitest";
import { atEveryDeath } from "./model/every-death.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { sampleRetirement } from "./sample.ts";
import type { Plan } from "./schema.ts";

type Scene = { rehearsal: Rehearsal; plan: Plan };

async function twoServices(over: Partial<Plan> = {}, failing = false): Promise<Scene> {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of ["a", "b"]) rehearsal.model.addService(name, { secrets: [old] });
  const plan = rehearsal.rotation([old.id], ["a", "b"], { order: "one-by-one", ...over });
  if (failing) {
    rehearsal.model.rollout.fates.push({ serviceId: "service-b", fate: {} });
    failNewTasks(rehearsal, "b", old.id);
  }
  return { rehearsal, plan };
}

/** Tasks of the service that run anything but the old object end after a second. */
function failNewTasks({ model }: Rehearsal, service: string, oldId: string): void {
  const error = "task: non-zero exit (1)";
  model.rollout.fates.push({ serviceId: `service-${service}`, fate: { failsAfterSeconds: 1, error } });
  model.rollout.fates.push({ secretId: oldId, fate: { failsAfterSeconds: null } });
}

function newObjects({ model }: Rehearsal): string[] {
  return [...model.secrets.values()].map(({ name }) => name).filter((name) => name !== "db_password_v1");
}

describe("a worker killed at any write", () => {
  it("leaves a rotation that ends the same: one object, one update per service", async () => {
    const reached = await atEveryDeath(twoServices, ({ rehearsal }) => {
      for (const name of ["a", "b"]) {
        expect(rehearsal.named(name)).toEqual({ db_password: "db_password_v2" });
        expect(rehearsal.updates(name)).toBe(1);
      }
      expect(newObjects(rehearsal)).toEqual(["db_password_v2"]);
      expect(states(rehearsal)).toEqual(["previous", "current"]);
    });
    expect(reached).toBeGreaterThan(100);
  });

  it("leaves an undo that ends the same: everything as it was, at most one update there and one back", async () => {
    const reached = await atEveryDeath(
      () => twoServices({}, true),
      ({ rehearsal }) => {
        for (const name of ["a", "b"]) expect(rehearsal.named(name)).toEqual({ db_password: "db_password_v1" });
        expect(rehearsal.updates("a")).toBe(2);
        expect(rehearsal.updates("b")).toBe(2);
        expect(newObjects(rehearsal)).toEqual(["db_password_v2"]);
        expect(states(rehearsal)).toEqual(["current", "abandoned"]);
      },
    );
    expect(reached).toBeGreaterThan(120);
  });

  it("leaves an emergency that ends the same: released, and the old object gone", async () => {
    const make = async () => {
      const scene = await twoServices({ order: "together" });
      const [old] = scene.plan.retire;
      const retire = old ? [sampleRetirement(old.objectId, { keepSeconds: 0 })] : [];
      return { ...scene, plan: { ...scene.plan, retire } };
    };
    const reached = await atEveryDeath(make, ({ rehearsal }) => {
      expect([...rehearsal.model.secrets.values()].map(({ name }) => name)).toEqual(["db_password_v2"]);
      for (const name of ["a", "b"]) expect(rehearsal.updates(name)).toBe(2);
      expect(states(rehearsal)).toEqual(["removed", "current"]);
      expect(rehearsal.model.tasks.filter(({ state }) => state === "running")).toHaveLength(4);
    });
    expect(reached).toBeGreaterThan(120);
  });
});

function states({ store }: Rehearsal): string[] {
  return [...store.books.versions.values()].map(({ state }) => state);
}
