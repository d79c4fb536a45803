import { setTimeout as pause } from "node:timers/promises";
import { configuration } from "#lib/env.ts";
import { prepareChromium } from "../../suite/prepare.ts";
import { percentile, printFigure, secondsOf } from "../figure.ts";
import { benchFolder } from "../ground.ts";
import { signIn, skepFolder, startSkep } from "../skep.ts";
import { adopt, makeSide, rotate, type Stage, shownPlan, untilSettled } from "./side.ts";

const idleReads = 300;
const pauseMilliseconds = 25;

/**
 * The secrets page as a browser gets it, from the process that carries the rotation: while services move one by one, and
 * before and after, while nothing happens.
 */
export async function page(stage: Stage): Promise<void> {
  await prepareChromium();
  const side = await makeSide(stage, "page");
  const own = skepFolder(benchFolder());
  const { databaseUrl } = configuration();
  const env = { DATABASE_URL: databaseUrl, DATABASE_OWNER_URL: stage.ownerUrl, DOCKER_HOST: stage.engine.host };
  const { url } = await startSkep(own, { env });
  const read = await reader(url, await cookieOf(url, own));
  const secretIds = await adopt(stage, side);
  await untilSettled(stage, side);
  const idle = await readsUntil(read, (reads) => reads >= idleReads);
  const shown = await shownPlan(stage, secretIds, { order: "one-by-one" });
  let isOver = false;
  const rotation = rotate(stage, shown).finally(() => {
    isOver = true;
  });
  const busy = await readsUntil(read, () => isOver);
  await rotation;
  await untilSettled(stage, side);
  idle.push(...(await readsUntil(read, (reads) => reads >= idleReads)));
  const [calm, under] = [percentile(idle, 0.95) * 1000, percentile(busy, 0.95) * 1000];
  printFigure({
    figure: "rotation.page",
    value: under,
    unit: "ms",
    ratio: under / calm,
    against: `the p95 of ${idle.length} reads while nothing happens, ${calm.toFixed(1)} ms`,
    aim: 1.5,
    isHeld: under <= 1.5 * calm,
  });
}

async function cookieOf(url: string, own: ReturnType<typeof skepFolder>): Promise<string> {
  const browser = await signIn(url, own);
  const cookies = await browser.page.context().cookies();
  await browser.close();
  return cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
}

async function reader(url: string, cookie: string): Promise<() => Promise<void>> {
  const read = async () => {
    const answer = await fetch(`${url}/secrets`, { headers: { cookie }, redirect: "manual" });
    await answer.text();
    if (answer.status !== 200) throw new Error(`The secrets page answered ${answer.status}.`);
  };
  // The first ones find code that was not compiled yet.
  for (let each = 0; each < 50; each += 1) await read();
  return read;
}

async function readsUntil(read: () => Promise<void>, isEnough: (reads: number) => boolean): Promise<number[]> {
  const times: number[] = [];
  while (!isEnough(times.length)) {
    times.push(await secondsOf(read));
    await pause(pauseMilliseconds);
  }
  return times;
}
