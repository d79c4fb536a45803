import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { connectAs, withDatabase } from "#lib/db/connect.ts";
import { AppError } from "#lib/errors.ts";
import { eraseOrdersDatabase, orders, startOrdersDatabase } from "#lib/ground/orders-database.ts";
import { atEnd } from "../bench/cleanup.ts";
import { benchFolder } from "../bench/ground.ts";
import { eachPoint, playBegun } from "./each-point.ts";
import { engineStage } from "./engine-stage.ts";
import { type Fault, Lives, variants } from "./life.ts";
import { withLine } from "./line.ts";
import { readOptions } from "./options.ts";
import { type RotatedResult, runRotated } from "./rotated-run.ts";
import type { Mode } from "./rotated-scene.ts";
import { startServer, template } from "./server.ts";

const modes: readonly Mode[] = ["two logins", "one login"];

export type RotatorsOptions = { every: number; parallel: number; chosen: readonly Mode[] };

/** Told of each run at its end. */
export type TellRotated = (mode: Mode, fault: Fault, result: RotatedResult) => void;

/**
 * Kills Skep at point 1, 2, … of a rotation of a real PostgreSQL's password, under a real service that signs in all the
 * time, until a run goes through untouched. With two logins no sign-in may fail, whenever it is killed.
 */
export async function run(argv: string[]): Promise<boolean> {
  const options = optionsIn(argv);
  const total = { runs: 0, violations: 0, stranded: 0, slowestResumeSeconds: 0, signIns: 0 };
  const failed: Record<Mode, number> = { "two logins": 0, "one login": 0 };
  const farthest = new Map<Mode, number>();
  let longestGapSeconds = 0;
  const tell: TellRotated = (mode, fault, result) => {
    total.runs += 1;
    total.violations += result.violations.length;
    total.stranded += result.isStranded ? 1 : 0;
    total.slowestResumeSeconds = Math.max(total.slowestResumeSeconds, result.resumeSeconds ?? 0);
    total.signIns += result.signedIn;
    failed[mode] += result.failedSignIns;
    longestGapSeconds = Math.max(longestGapSeconds, result.gapSeconds);
    if (result.wasMet) farthest.set(mode, Math.max(farthest.get(mode) ?? 0, fault.at));
    const where = `${mode}, ${fault.variant} point ${fault.at}`;
    for (const violation of result.violations) process.stderr.write(`${where}: ${violation}\n`);
    if (result.isStranded) process.stderr.write(`${where}: stranded\n`);
  };
  const counts = () => ({
    points: [...farthest.values()].reduce((sum, each) => sum + each, 0),
    ...total,
    failedSignIns: failed["two logins"],
    failedSignInsOfOneLogin: failed["one login"],
    longestGapSeconds,
  });
  return withLine("rotators", counts, async () => {
    await proveRotators(options, tell);
    return total.violations + total.stranded === 0 && total.runs > 0;
  });
}

export function optionsIn(argv: string[]): RotatorsOptions {
  const { logins, ...numbers } = readOptions("rotators", argv, {
    logins: { is: "text", says: "only with this many: one, or two" },
    every: { is: "number", least: 1, otherwise: 1, says: "one in so many points" },
    parallel: { is: "number", least: 1, otherwise: 6, says: "runs side by side" },
  });
  const chosen = modes.filter((mode) => mode.startsWith(logins ?? ""));
  if (chosen.length === 0) throw new AppError("invalid-input", "Name one or two for --logins, or leave it out.");
  return { ...numbers, chosen };
}

export async function proveRotators(options: RotatorsOptions, tell: TellRotated): Promise<void> {
  const play = await prepare();
  for (const mode of options.chosen) {
    for (const variant of variants) {
      await eachPoint(options, async (at) => {
        const result = await playBegun(() => play(mode, { at, variant }));
        tell(mode, { at, variant }, result);
        return result.wasMet;
      });
    }
    process.stderr.write(`${mode}: done\n`);
  }
}

/** One engine, one database of the service's own, and one Postgres for Skep, with a database for each run. */
async function prepare() {
  const dataFolder = benchFolder();
  const [server, engine] = await Promise.all([startServer(join(dataFolder, "postgres")), engineStage(dataFolder)]);
  atEnd(() => eraseOrdersDatabase(dataFolder));
  const database = await startOrdersDatabase({ dataFolder });
  const password = readFileSync(database.credentialPath, "utf8");
  const asRotator = `postgresql://${orders.rotator}:${password}@${orders.host}:${database.port}/${orders.database}`;
  const lives = new Lives();
  atEnd(() => lives.end());

  return async (mode: Mode, fault: Fault): Promise<RotatedResult> => {
    const tag = randomBytes(4).toString("hex");
    const name = `run_${tag}`;
    const folder = join(dataFolder, tag);
    mkdirSync(folder);
    await connectAs(server.ownerUrl, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
    const urls = {
      databaseUrl: withDatabase(server.applicationUrl, name),
      ownerUrl: withDatabase(server.ownerUrl, name),
    };
    try {
      const { stage, dockerSocket } = engine;
      const ground = { stage, dockerSocket, server, folder, lives, ...urls, orders: database, asRotator };
      return await runRotated(ground, { mode, fault });
    } finally {
      await connectAs(server.ownerUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
      rmSync(folder, { recursive: true, force: true });
    }
  };
}
