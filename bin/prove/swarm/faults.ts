import { setTimeout as pause } from "node:timers/promises";
import { waitUntil } from "#lib/ground/process.ts";
import { edit, redeploy } from "./hands.ts";
import type { Fault } from "./judge.ts";
import type { Managers } from "./managers.ts";
import type { Rotation } from "./rotation.ts";
import type { Skep } from "./skep.ts";
import type { Wire } from "./wire.ts";

export type FaultGround = {
  managers: Managers;
  skeps: readonly Skep[];
  wire: Wire;
  postgres: { stop(): Promise<void>; start(): Promise<void> };
};

/** Makes a fault come over these rotations, all of them in their phases; each is let go as soon as it has. */
export const strikes: Record<Fault, (ground: FaultGround, met: readonly Rotation[], turn: number) => Promise<void>> = {
  async leader({ managers }, met) {
    const leader = await managers.leader();
    leader?.kill();
    letGo(met);
    // The others agree on a new one within twenty seconds; some of that time nobody leads.
    await pause(9000);
    await leader?.start();
  },
  /** In odd turns the leader, which has to notice that nobody follows it; and the instances do not reach it either in every third. */
  async "cut-off"({ managers, wire }, met, turn) {
    const leader = await managers.leader();
    const others = managers.all.filter((each) => each !== leader);
    const manager = turn % 2 === 1 ? leader : others[turn % others.length];
    if (!manager) throw new Error("There is no manager to cut off.");
    wire.hide(manager.name, turn % 3 === 2);
    try {
      await manager.cutOff();
      letGo(met);
      await pause(turn % 2 === 1 ? 12_000 : 6000);
    } finally {
      wire.hide(manager.name, false);
      await manager.joinAgain();
    }
  },
  /** Those that hold the operations die; others come in their place. */
  async skep({ skeps }, met) {
    const holders = await holdersOf(skeps, met);
    await Promise.all(holders.map((skep) => skep.kill()));
    letGo(met);
    await pause(1000);
    for (const skep of holders) skep.start();
  },
  /**
   * One instance has written down what it is about to send, and stands still until another has taken over. Then, or when
   * all has ended, it goes on where it stood.
   */
  async frozen({ skeps }, met, turn) {
    const holders = await holdersOf(skeps, met);
    for (const skep of holders) skep.freeze();
    try {
      letGo(met);
      const owners = holders.map(({ owner }) => owner);
      const isOver = async (rotation: Rotation) => {
        const { state, leaseOwner, isLeased } = await rotation.standing();
        if (state !== "open") return true;
        return turn % 2 === 0 && isLeased && leaseOwner !== null && !owners.includes(leaseOwner);
      };
      await waitUntil(async () => (await Promise.all(met.map(isOver))).every(Boolean), 90, 200);
    } finally {
      for (const skep of holders) skep.thaw();
    }
    // What it had in hand comes now: nobody is judged before that.
    await pause(2000);
  },
  async postgres({ postgres }, met) {
    await postgres.stop();
    letGo(met);
    await pause(2000);
    await postgres.start();
  },
  async edit(_, met) {
    await Promise.all(
      met.map(async (rotation) => {
        await edit(rotation, editedIn(rotation));
        rotation.letGo();
      }),
    );
  },
  async redeploy(_, met, turn) {
    await Promise.all(
      met.map(async (rotation) => {
        const isChanged = turn % 2 === 1 && rotation.phase !== "create" && rotation.phase !== "undo";
        await redeploy(rotation, isChanged ? "new" : "old");
        rotation.letGo();
      }),
    );
  },
};

function letGo(met: readonly Rotation[]): void {
  for (const rotation of met) rotation.letGo();
}

/** The service that is about to be written to, where there is one. */
function editedIn({ held, services }: Rotation): string {
  const about = services.find(({ id }) => id === held?.ask.subject) ?? services[0];
  return about?.id ?? "";
}

async function holdersOf(skeps: readonly Skep[], met: readonly Rotation[]): Promise<Skep[]> {
  const owners = await Promise.all(
    met.map(async (rotation) => rotation.held?.owner ?? (await rotation.standing()).leaseOwner),
  );
  return skeps.filter(({ owner }) => owners.includes(owner));
}
