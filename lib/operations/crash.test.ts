import { describe, expect, it } from "vitest";
import type { Death } from "./model/mortal.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { sampleRetirement } from "./sample.ts";
import type { Plan } from "./schema.ts";
import { leaseSeconds } from "./store-port.ts";

/** Writes of a whole rotation, and some more: what is not reached says so by coming to its end alive. */
const mostWrites = 80;
/** What is on the way arrives before the next worker takes over, or when that one is about to send. */
const deaths = [
  { moment: "before", arrival: "before" },
  { moment: "after", arrival: "before" },
  { moment: "on-the-way", arrival: "before" },
  { moment: "on-the-way", arrival: "during" },
] as const;
type Arrival = (typeof deaths)[number]["arrival"];

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

/** One worker dies at this point; the next one takes over when the lease is over, and what was on the way arrives meanwhile. */
async function dieAndResume(scene: Scene, death: Death, arrival: Arrival): Promise<boolean> {
  const { rehearsal, plan } = scene;
  const id = await rehearsal.start(plan);
  const { mortal, isAlive } = await rehearsal.runMortal(id, death);
  if (!isAlive) {
    rehearsal.model.advance(leaseSeconds + 1);
    if (arrival === "before") await mortal.arrive();
    else {
      rehearsal.model.meddle = async (_call, apply) => {
        rehearsal.model.meddle = null;
        await mortal.arrive();
        return apply();
      };
    }
    if ((await rehearsal.find(id)).state !== "ended") await rehearsal.run(id);
    rehearsal.model.meddle = null;
    await mortal.arrive();
    rehearsal.model.advance(60);
  }
  expectAnswered(rehearsal);
  expect(rehearsal.store.locks.size).toBe(0);
  return !isAlive;
}

/** Every call that was written down has exactly one end, and the operation one beginning and one end. */
function expectAnswered({ store }: Rehearsal): void {
  const calls = store.events.flatMap(({ detail }) =>
    detail.type === "call.intended" || detail.type === "call.ended"
      ? [{ type: detail.type, key: `${detail.step}#${detail.attempt}#${JSON.stringify(detail.call)}` }]
      : [],
  );
  const intended = calls.filter(({ type }) => type === "call.intended").map(({ key }) => key);
  const ended = calls.filter(({ type }) => type === "call.ended").map(({ key }) => key);
  expect(ended.toSorted()).toEqual(intended.toSorted());
  expect(new Set(intended).size).toBe(intended.length);
  expect(store.events.filter(({ detail }) => detail.type === "operation.ended")).toHaveLength(1);
}

async function atEveryPoint(make: () => Promise<Scene>, check: (scene: Scene) => void): Promise<number> {
  let reached = 0;
  for (const { moment, arrival } of deaths) {
    for (let at = 1; at <= mostWrites; at += 1) {
      const scene = await make();
      const hasDied = await dieAndResume(scene, { at, moment }, arrival);
      try {
        check(scene);
      } catch (error) {
        throw new Error(`killed ${moment} write ${at}, arriving ${arrival} the next: ${String(error)}`);
      }
      if (!hasDied) break;
      reached += 1;
    }
  }
  return reached;
}

function newObjects({ model }: Rehearsal): string[] {
  return [...model.secrets.values()].map(({ name }) => name).filter((name) => name !== "db_password_v1");
}

describe("a worker killed at any write", () => {
  it("leaves a rotation that ends the same: one object, one update per service", async () => {
    const reached = await atEveryPoint(twoServices, ({ rehearsal }) => {
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
    const reached = await atEveryPoint(
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
    const reached = await atEveryPoint(make, ({ rehearsal }) => {
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
