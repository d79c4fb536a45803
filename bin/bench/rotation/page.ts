import { setTimeout as pause } from "node:timers/promises";
import { configuration } from "#lib/env.ts";
import { prepareChromium } from "../../suite/prepare.ts";
import { percentile, printFigure, secondsOf } from "../figure.ts";
import { benchFolder } from "../ground.ts";
import { signIn, skepFolder, startSkep } from "../skep.ts";
import { keepApart } from "./apart.ts";
import { adopt, makeSide, rotate, type Stage, shownPlan, untilSettled } from "./side.ts";

const idleReads = 300;
const pauseMilliseconds = 25;

/**
 * The secrets page as a browser gets it, from the process that carries the rotation: while services move one by one, and
 * before and after, while nothing happens. In turns with it a page that there is not, for which nobody asks Postgres or
 * the Swarm: how far containers that start beside it slow any answer of this machine down. Both once more with the
 * engine on a processor of its own.
 */
export async function page(stage: Stage): Promise<void> {
  await prepareChromium();
  const own = skepFolder(benchFolder());
  const { databaseUrl } = configuration();
  const env = { DATABASE_URL: databaseUrl, DATABASE_OWNER_URL: stage.ownerUrl, DOCKER_HOST: stage.engine.host };
  const { url } = await startSkep(own, { env });
  const cookie = await cookieOf(url, own);
  const reads = {
    page: await reader(`${url}/secrets`, 200, cookie),
    nothing: await reader(`${url}/none`, 404, cookie),
  };
  await measure(stage, reads, "beside");
  if (keepApart()) await measure(stage, reads, "apart");
}

type Reads = Record<keyof Times, () => Promise<void>>;
/** Where the engine and its containers are: on the processors of Skep and whoever reads, or on one of their own. */
type Where = "beside" | "apart";

async function measure(stage: Stage, reads: Reads, where: Where): Promise<void> {
  const side = await makeSide(stage, `page_${where}`);
  const secretIds = await adopt(stage, side);
  await untilSettled(stage, side);
  const idle = await readsUntil(reads, ({ page }) => page.length >= idleReads);
  const shown = await shownPlan(stage, secretIds, { order: "one-by-one" });
  let isOver = false;
  const rotation = rotate(stage, shown).finally(() => {
    isOver = true;
  });
  const busy = await readsUntil(reads, () => isOver);
  await rotation;
  await untilSettled(stage, side);
  const after = await readsUntil(reads, ({ page }) => page.length >= idleReads);
  for (const name of ["page", "nothing"] as const) {
    const calm = [...idle[name], ...after[name]];
    print({ name, where }, milliseconds(calm), milliseconds(busy[name]));
  }
}

type Times = Record<"page" | "nothing", number[]>;

function milliseconds(times: number[]): number {
  return percentile(times, 0.95) * 1000;
}

function print({ name, where }: { name: keyof Times; where: Where }, calm: number, under: number): void {
  const isPage = name === "page";
  printFigure({
    figure: `rotation.${isPage ? "page" : "no-page"}${where === "apart" ? "-apart" : ""}`,
    value: under,
    unit: "ms",
    ratio: under / calm,
    against: `its p95 while nothing happens, ${calm.toFixed(1)} ms`,
    aim: isPage ? 1.5 : null,
    isHeld: isPage ? under <= 1.5 * calm : null,
  });
}

async function cookieOf(url: string, own: ReturnType<typeof skepFolder>): Promise<string> {
  const browser = await signIn(url, own);
  const cookies = await browser.page.context().cookies();
  await browser.close();
  return cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
}

async function reader(address: string, status: number, cookie: string): Promise<() => Promise<void>> {
  const read = async () => {
    const answer = await fetch(address, { headers: { cookie }, redirect: "manual" });
    await answer.text();
    if (answer.status !== status) throw new Error(`${new URL(address).pathname} answered ${answer.status}.`);
  };
  // The first ones find code that was not compiled yet.
  for (let each = 0; each < 50; each += 1) await read();
  return read;
}

async function readsUntil(reads: Reads, isEnough: (times: Times) => boolean): Promise<Times> {
  const times: Times = { page: [], nothing: [] };
  while (!isEnough(times)) {
    for (const name of ["page", "nothing"] as const) {
      times[name].push(await secondsOf(reads[name]));
      await pause(pauseMilliseconds);
    }
  }
  return times;
}
