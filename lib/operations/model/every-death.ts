import "server-only";
import { expect } from "vitest";
import type { Plan } from "../schema.ts";
import { leaseSeconds } from "../store-port.ts";
import type { Death } from "./mortal.ts";
import type { Rehearsal } from "./rehearsal.ts";

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

export type DyingScene = { rehearsal: Rehearsal; plan: Plan };

/** One worker dies at this point; the next one takes over when the lease is over, and what was on the way arrives meanwhile. */
async function dieAndResume(scene: DyingScene, death: Death, arrival: Arrival): Promise<boolean> {
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

/** Plays a scene once for each write at which its worker can die, in each way; returns how often one did. */
export async function atEveryDeath<S extends DyingScene>(
  make: () => Promise<S>,
  check: (scene: S) => void,
): Promise<number> {
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
