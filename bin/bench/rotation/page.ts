import { setTimeout as pause } from "node:timers/promises";
import { frame, listSecrets } from "#lib/inventory/queries.ts";
import { percentile, printFigure, secondsOf } from "../figure.ts";
import { adopt, makeSide, rotate, type Stage, shownPlan, untilSettled } from "./side.ts";

const idleReads = 300;
const pauseMilliseconds = 25;

/** The data of the secrets page, read again and again: while services move one by one, and before and after, while nothing happens. */
export async function page(stage: Stage): Promise<void> {
  const side = await makeSide(stage, "page");
  const secretIds = await adopt(stage, side);
  await untilSettled(stage, side);
  const idle = await readsUntil(stage, (reads) => reads >= idleReads);
  const shown = await shownPlan(stage, secretIds, { order: "one-by-one" });
  let isOver = false;
  const rotation = rotate(stage, shown).finally(() => {
    isOver = true;
  });
  const busy = await readsUntil(stage, () => isOver);
  await rotation;
  await untilSettled(stage, side);
  idle.push(...(await readsUntil(stage, (reads) => reads >= idleReads)));
  const [calm, under] = [percentile(idle, 0.95) * 1000, percentile(busy, 0.95) * 1000];
  printFigure({
    figure: "rotation.page",
    value: under,
    unit: "ms",
    ratio: under / calm,
    against: `the p95 of ${idle.length} reads while nothing happens, ${calm.toFixed(2)} ms`,
    aim: 1.5,
    isHeld: under <= 1.5 * calm,
  });
}

async function readsUntil({ actor }: Stage, isEnough: (reads: number) => boolean): Promise<number[]> {
  const times: number[] = [];
  while (!isEnough(times.length)) {
    times.push(await secondsOf(() => Promise.all([listSecrets(actor), frame(actor)])));
    await pause(pauseMilliseconds);
  }
  return times;
}
