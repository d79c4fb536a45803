import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { connectAs, withDatabase } from "#lib/db/connect.ts";
import { migrate } from "#lib/db/migrate.ts";
import { startPostgres } from "#lib/ground/postgres.ts";
import { atEnd } from "../bench/cleanup.ts";
import { benchFolder } from "../bench/ground.ts";
import { engineStage } from "./engine-stage.ts";
import { endLives, type Fault, variants } from "./life.ts";
import { modelStage } from "./model-stage.ts";
import { type RunResult, runOnce } from "./run.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import type { Stage } from "./scene.ts";

export type CrashOptions = {
  /** Runs at once. They mostly wait. */
  parallel: number;
  /** Only one in so many points. */
  every: number;
  /** Part of a scenario's name; all of them without it. */
  scenario: string | undefined;
  /** Makes each run send something past the ports, which must be found. */
  isPlanted: boolean;
  /** A real engine in place of the model. */
  isOnEngine: boolean;
};

const template = "skep_prove";
const mostPoints = 1000;

/** Kills the executor at point 1, 2, … until a run goes through untouched, and says what was broken. */
export async function run(argv: string[]): Promise<boolean> {
  const options = optionsIn(argv);
  const ground = await prepare(options);
  const total = { points: 0, runs: 0, violations: 0, stranded: 0, slowestResumeSeconds: 0 };
  const chosen = scenarios.filter(({ name }) => options.scenario === undefined || name.includes(options.scenario));
  for (const scenario of chosen) {
    let points = 0;
    for (const variant of variants) {
      await eachPoint(options, async (at) => {
        const result = await ground.play(scenario, { at, variant }, options.isPlanted);
        total.runs += 1;
        total.violations += result.violations.length;
        total.stranded += result.isStranded ? 1 : 0;
        total.slowestResumeSeconds = Math.max(total.slowestResumeSeconds, result.resumeSeconds ?? 0);
        points = Math.max(points, result.wasMet ? at : 0);
        report(scenario, { at, variant }, result);
        return result.wasMet;
      });
    }
    total.points += points;
    process.stderr.write(`${scenario.name}: ${points} points, ${total.runs} runs so far\n`);
  }
  process.stdout.write(`${JSON.stringify({ proof: "crash", ...total })}\n`);
  return total.violations + total.stranded === 0 && total.runs > 0;
}

function optionsIn(argv: string[]): CrashOptions {
  const { values } = parseArgs({
    args: argv,
    options: {
      parallel: { type: "string", default: "12" },
      every: { type: "string", default: "1" },
      scenario: { type: "string" },
      planted: { type: "boolean", default: false },
      engine: { type: "boolean", default: false },
    },
  });
  const { parallel, every, scenario, planted, engine } = values;
  return { parallel: Number(parallel), every: Number(every), scenario, isPlanted: planted, isOnEngine: engine };
}

function report({ name }: Scenario, { at, variant }: Fault, { violations, isStranded }: RunResult): void {
  for (const violation of violations) process.stderr.write(`${name}, ${variant} point ${at}: ${violation}\n`);
  if (isStranded) process.stderr.write(`${name}, ${variant} point ${at}: stranded\n`);
}

/** Side by side, in order, until a run went through untouched. */
async function eachPoint({ parallel, every }: CrashOptions, play: (at: number) => Promise<boolean>): Promise<void> {
  let next = 1;
  let isOver = false;
  async function worker(): Promise<void> {
    while (!isOver && next <= mostPoints) {
      const at = next;
      next += every;
      try {
        if (!(await play(at))) isOver = true;
      } catch (error) {
        isOver = true;
        throw error;
      }
    }
  }
  // All end before anything is taken away from under them.
  const ended = await Promise.allSettled(Array.from({ length: parallel }, () => worker()));
  const failed = ended.find((each) => each.status === "rejected");
  if (failed) throw failed.reason;
}

/** One Postgres for all runs, a database for each; a model for each, or one engine. */
async function prepare({ isOnEngine }: CrashOptions) {
  const dataFolder = benchFolder();
  atEnd(endLives);
  const postgres = await startPostgres({ dataFolder });
  atEnd(() => postgres.stop());
  const { ownerUrl, applicationUrl } = postgres;
  await connectAs(ownerUrl, (client) => client.query(`CREATE DATABASE ${template}`));
  await migrate({ ownerUrl: withDatabase(ownerUrl, template), applicationUrl: withDatabase(applicationUrl, template) });
  const postgresSocket = join(new URL(ownerUrl).searchParams.get("host") ?? "", ".s.PGSQL.5432");

  const engine = isOnEngine ? await engineStage(dataFolder) : null;

  async function play(scenario: Scenario, fault: Fault, isPlanted: boolean): Promise<RunResult> {
    const tag = randomBytes(4).toString("hex");
    const name = `run_${tag}`;
    const folder = join(dataFolder, tag);
    mkdirSync(folder);
    const seen: string[] = [];
    const runOwnerUrl = withDatabase(ownerUrl, name);
    await connectAs(ownerUrl, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
    const modelSocket = join(folder, "m.sock");
    const model = engine ? null : await modelStage(modelSocket, seen, (subject) => hasIntent(runOwnerUrl, subject));
    const { stage, dockerSocket } = engine ?? { stage: model?.stage as Stage, dockerSocket: modelSocket };
    try {
      const databaseUrl = withDatabase(applicationUrl, name);
      return await runOnce(
        { stage, dockerSocket, databaseUrl, ownerUrl: runOwnerUrl, postgresSocket, folder, seen },
        scenario,
        fault,
        isPlanted,
      );
    } finally {
      await model?.stop();
      await connectAs(ownerUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return { play };
}

/** Whether a call about this is written down and has no end yet. What a scene makes before its operation has none. */
async function hasIntent(ownerUrl: string, subject: string): Promise<boolean> {
  if (subject.endsWith("_v1")) return true;
  const { rows } = await connectAs(ownerUrl, (client) =>
    client.query(
      `SELECT 1 FROM "AuditEvent" i WHERE i.type = 'call.intended' AND strpos(convert_from(i.body, 'UTF8'), $1) > 0
       AND NOT EXISTS (SELECT 1 FROM "AuditEvent" e WHERE e.type = 'call.ended' AND e."operationId" = i."operationId"
                       AND e."callKey" = i."callKey")`,
      [subject],
    ),
  ).catch(noneAfterTheRun);
  return rows.length > 0;
}

/** A call that arrives when the run is over, and its database gone: nobody is told of it any more. */
function noneAfterTheRun(error: Error & { code?: string }): { rows: object[] } {
  if (error.code !== "3D000") throw error;
  return { rows: [] };
}
