import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { connectAs, withDatabase } from "#lib/db/connect.ts";
import { AppError } from "#lib/errors.ts";
import { atEnd } from "../bench/cleanup.ts";
import { benchFolder } from "../bench/ground.ts";
import { eachPoint, playBegun } from "./each-point.ts";
import { engineStage } from "./engine-stage.ts";
import { type Fault, Lives, variants } from "./life.ts";
import { withLine } from "./line.ts";
import { modelStage } from "./model-stage.ts";
import { readOptions } from "./options.ts";
import { type RunResult, runOnce } from "./run.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import { OwnServers, startServer, template } from "./server.ts";

export type CrashOptions = {
  /** Runs at once. They mostly wait. */
  parallel: number;
  /** Only one in so many points. */
  every: number;
  chosen: readonly Scenario[];
  /** Makes each run send something past the ports, and commit something, which must be found. */
  isPlanted: boolean;
  /** A real engine in place of the model. */
  isOnEngine: boolean;
};

/** Told of each run at its end. */
export type Tell = (scenario: Scenario, fault: Fault, result: RunResult) => void;

/** Kills the executor at point 1, 2, … until a run goes through untouched, and says what was broken. */
export async function run(argv: string[]): Promise<boolean> {
  const options = optionsIn(argv);
  const total = { runs: 0, violations: 0, stranded: 0, slowestResumeSeconds: 0, postgresRestarts: 0 };
  const farthest = new Map<Scenario, number>();
  const points = () => [...farthest.values()].reduce((sum, each) => sum + each, 0);
  const tell: Tell = (scenario, fault, result) => {
    total.runs += 1;
    total.violations += result.violations.length;
    total.stranded += result.isStranded ? 1 : 0;
    total.slowestResumeSeconds = Math.max(total.slowestResumeSeconds, result.resumeSeconds ?? 0);
    total.postgresRestarts += result.wasPostgresRestarted ? 1 : 0;
    if (result.wasMet) farthest.set(scenario, Math.max(farthest.get(scenario) ?? 0, fault.at));
    report(scenario, fault, result);
  };
  const counts = () => ({ points: points(), ...total });
  return withLine("crash", counts, async () => {
    await proveCrash(options, tell, (scenario) => {
      process.stderr.write(`${scenario.name}: ${farthest.get(scenario) ?? 0} points, ${total.runs} runs so far\n`);
    });
    return total.violations + total.stranded === 0 && total.runs > 0;
  });
}

export async function proveCrash(
  options: CrashOptions,
  tell: Tell,
  onEnd: (scenario: Scenario) => void,
): Promise<void> {
  const ground = await prepare(options);
  for (const scenario of options.chosen) {
    for (const variant of variants) {
      await eachPoint(options, async (at) => {
        const result = await playBegun(() => ground.play(scenario, { at, variant }));
        tell(scenario, { at, variant }, result);
        return result.wasMet;
      });
    }
    onEnd(scenario);
  }
}

export function optionsIn(argv: string[]): CrashOptions {
  const { scenario, planted, engine, ...numbers } = readOptions("crash", argv, {
    scenario: { is: "text", says: "only those that have this in their name" },
    every: { is: "number", least: 1, otherwise: 1, says: "one in so many points" },
    parallel: { is: "number", least: 1, otherwise: 12, says: "runs side by side" },
    engine: { is: "flag", says: "a real engine in place of the model" },
    planted: { is: "flag", says: "each run sends and commits something past the ports, which must be found" },
  });
  const chosen = scenarios.filter(({ name }) => name.includes(scenario ?? ""));
  if (chosen.length === 0) {
    const names = scenarios.map(({ name }) => `  ${name}`).join("\n");
    throw new AppError("invalid-input", `No scenario has "${scenario}" in its name. There are:\n${names}`);
  }
  return { ...numbers, chosen, isPlanted: planted, isOnEngine: engine };
}

function report({ name }: Scenario, { at, variant }: Fault, { violations, isStranded }: RunResult): void {
  for (const violation of violations) process.stderr.write(`${name}, ${variant} point ${at}: ${violation}\n`);
  if (isStranded) process.stderr.write(`${name}, ${variant} point ${at}: stranded\n`);
}

/** One Postgres for all runs, a database for each; one of its own for a run that restarts it. A model for each, or one engine. */
async function prepare({ isOnEngine, isPlanted }: CrashOptions) {
  const dataFolder = benchFolder();
  const shared = await startServer(join(dataFolder, "postgres"));
  const own = new OwnServers(dataFolder);
  const engine = isOnEngine ? await engineStage(dataFolder) : null;
  const lives = new Lives();
  atEnd(() => lives.end());

  async function play(scenario: Scenario, fault: Fault): Promise<RunResult> {
    const server = scenario.restartsPostgres ? await own.take() : shared;
    const tag = randomBytes(4).toString("hex");
    const name = `run_${tag}`;
    const folder = join(dataFolder, tag);
    mkdirSync(folder);
    await connectAs(server.ownerUrl, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
    const { stage, dockerSocket, stop } = engine ?? (await modelStage(join(folder, "m.sock")));
    const urls = {
      databaseUrl: withDatabase(server.applicationUrl, name),
      ownerUrl: withDatabase(server.ownerUrl, name),
    };
    try {
      const ground = { stage, dockerSocket, server, folder, lives, ...urls };
      return await runOnce(ground, { scenario, fault, isPlanted });
    } finally {
      await stop();
      await connectAs(server.ownerUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
      rmSync(folder, { recursive: true, force: true });
      if (scenario.restartsPostgres) own.giveBack(server);
    }
  }
  return { play };
}
