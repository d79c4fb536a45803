import { median, printFigure, secondsOf } from "../figure.ts";
import { adopt, makeSide, rotate, type Stage, shownPlan, untilSettled } from "./side.ts";

const services = 100;
const rounds = 3;
const aimSeconds = 3;

/** One secret on a hundred services without a task: nothing is waited for, so the time is Skep's own and the calls'. */
export async function asleep(stage: Stage): Promise<void> {
  const side = await makeSide(stage, "asleep", { services, replicas: 0 });
  const secretIds = await adopt(stage, side);
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await untilSettled(stage, side);
    const shown = await shownPlan(stage, secretIds, { isUnbounded: false });
    times.push(await secondsOf(() => rotate(stage, shown)));
  }
  const seconds = median(times);
  printFigure({
    figure: "rotation.asleep",
    value: seconds,
    unit: "s",
    ratio: seconds / aimSeconds,
    against: `its aim, for ${services} services, five at a time as usual`,
    aim: aimSeconds,
    isHeld: seconds <= aimSeconds,
  });
}
