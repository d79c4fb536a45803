import { median, printFigure, secondsOf } from "../figure.ts";
import { adopt, makeSide, rotate, type Side, type Stage, shownPlan, untilSettled } from "./side.ts";

const rounds = 5;

/** Three secrets that ten services share, against one that ten others share, in turns. */
export async function group(stage: Stage): Promise<void> {
  const three = await sideOf(stage, "three", 3);
  const one = await sideOf(stage, "one", 1);
  const times: Record<"three" | "one", number[]> = { three: [], one: [] };
  for (let round = 0; round < rounds; round += 1) {
    times.three.push(await secondsFor(stage, three));
    times.one.push(await secondsFor(stage, one));
  }
  const [seconds, alone] = [median(times.three), median(times.one)];
  printFigure({
    figure: "rotation.group",
    value: seconds,
    unit: "s",
    ratio: seconds / alone,
    against: `one secret on as many services, ${alone.toFixed(2)} s`,
    aim: 1.1,
    isHeld: seconds <= 1.1 * alone,
  });
}

type Managed = { side: Side; secretIds: string[] };

async function sideOf(stage: Stage, prefix: string, secrets: number): Promise<Managed> {
  const side = await makeSide(stage, prefix, { secrets });
  return { side, secretIds: await adopt(stage, side) };
}

async function secondsFor(stage: Stage, { side, secretIds }: Managed): Promise<number> {
  await untilSettled(stage, side);
  const shown = await shownPlan(stage, secretIds, { order: "together" });
  return secondsOf(() => rotate(stage, shown));
}
