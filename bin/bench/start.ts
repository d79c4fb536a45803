import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { eraseGround } from "#lib/ground/erase.ts";
import { prepareChromium, prepareEngine } from "../suite/prepare.ts";
import { atEnd } from "./cleanup.ts";
import { median, printFigure } from "./figure.ts";
import { benchFolder } from "./ground.ts";
import { type SkepFolder, type StartedSkep, signIn, skepFolder, startSkep } from "./skep.ts";

const starts = 3;
const restSeconds = 30;
const pages = ["/", "/secrets", "/services", "/operations", "/audit", "/settings/account", "/settings/people"];
const engineNames = ["dockerd", "containerd", "containerd-shim", "containerd-shim-runc-v2", "runc", "docker-proxy"];
const inSandbox = { options: ["--sandbox"] };

/** `npm start` on a folder that has everything: how soon it answers, and what it keeps of the memory when all pages were seen. */
export async function run(): Promise<void> {
  await prepareEngine();
  await prepareChromium();
  const folder = benchFolder();
  atEnd(() => eraseGround(join(folder, "data")));
  const own = skepFolder(folder);
  await (await startSkep(own, inSandbox)).stop();
  const seconds: number[] = [];
  for (let round = 0; round < starts; round += 1) {
    const skep = await startSkep(own, inSandbox);
    seconds.push(skep.seconds);
    if (round === starts - 1) await measureMemory(skep, own);
    await skep.stop();
  }
  const value = median(seconds);
  const aim = 5;
  const against = `its aim, median of ${starts}: from \`npm start\` to the first answered request`;
  printFigure({ figure: "start.second", value, unit: "s", ratio: value / aim, against, aim, isHeld: value <= aim });
}

async function measureMemory({ url, process: child }: StartedSkep, own: SkepFolder): Promise<void> {
  // In a real browser, so that everything which a page loads and asks for is there.
  const { page, close } = await signIn(url, own);
  for (const path of pages) await page.goto(path);
  await close();
  await pause(restSeconds * 1000);
  const value = megabytesOf(child.pid ?? 0);
  const aim = 400;
  const against = `its aim: PSS of all its processes but the engine, ${restSeconds} s after every page was seen`;
  printFigure({ figure: "start.memory", value, unit: "MB", ratio: value / aim, against, aim, isHeld: value <= aim });
}

/** What the processes below this one keep for themselves, and their share of what they have together. */
function megabytesOf(pid: number): number {
  const parents = new Map(
    readdirSync("/proc").flatMap((entry) => (/^\d+$/.test(entry) ? parentOf(Number(entry)) : [])),
  );
  const below = (parent: number): number[] =>
    [...parents].flatMap(([child, { parentId, name }]) =>
      parentId === parent && !engineNames.includes(name) ? [child, ...below(child)] : [],
    );
  const kilobytes = [pid, ...below(pid)].map((each) => {
    const found = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${each}/smaps_rollup`));
    return Number(found?.[1] ?? 0);
  });
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024;
}

function parentOf(pid: number): [number, { parentId: number; name: string }][] {
  // The name may hold anything, so the fields after it are counted from its closing bracket.
  const found = /^\d+ \((.*)\) \S (\d+) /s.exec(read(`/proc/${pid}/stat`));
  return found ? [[pid, { parentId: Number(found[2]), name: found[1] ?? "" }]] : [];
}

/** Empty where the process has ended in the meantime. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
