import "server-only";
import type { PassSave } from "./pass.ts";

type Waiting = { save: PassSave; resolve: () => void; reject: (reason: unknown) => void };

/**
 * Steps that run side by side save at the same time: what comes while a commit is under way goes into the next one,
 * all of it together. Ten services are then ten calls, but one intent's commit and one outcome's.
 */
export function groupSaves(saveNow: (save: PassSave) => Promise<void>): (save: PassSave) => Promise<void> {
  const waiting: Waiting[] = [];
  let isWorking = false;

  async function work(): Promise<void> {
    isWorking = true;
    // Whoever saves in the same moment joins the first commit.
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = takeAlike(waiting);
      try {
        await saveNow(merged(group.map(({ save }) => save)));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    isWorking = false;
  }

  return (save) =>
    new Promise<void>((resolve, reject) => {
      waiting.push({ save, resolve, reject });
      if (!isWorking) void work();
    });
}

/** From the front, as many as may be refused or kept together. Changes of the operation itself are never mixed. */
function takeAlike(waiting: Waiting[]): Waiting[] {
  const [first] = waiting;
  const other = waiting.findIndex(
    ({ save }) => save.onlyIn !== first?.save.onlyIn || save.operation !== first?.save.operation,
  );
  return waiting.splice(0, other === -1 ? waiting.length : Math.max(1, other));
}

function merged(saves: PassSave[]): PassSave {
  const [first] = saves;
  if (first && saves.length === 1) return first;
  const isAll = saves.some(({ unlock }) => unlock === "all");
  return {
    steps: saves.flatMap(({ steps = [] }) => steps),
    events: saves.flatMap(({ events = [] }) => events),
    records: saves.flatMap(({ records = [] }) => records),
    unlock: isAll ? "all" : saves.flatMap(({ unlock = [] }) => unlock as readonly string[]),
    onlyIn: first?.onlyIn,
  };
}
