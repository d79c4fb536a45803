import type { Document } from "#lib/operations/witness/document.ts";
import { Asker } from "./asker.ts";
import { standBetween } from "./between.ts";
import { commitsOf } from "./commits.ts";
import type { Fault, Life, Lives } from "./life.ts";
import { type End, type Play, playOut } from "./play-out.ts";
import type { Scenario } from "./scenarios.ts";
import { Scene, type Stage } from "./scene.ts";
import type { Server } from "./server.ts";
import { readSpec, violationsOf } from "./violations.ts";

export type RunGround = {
  stage: Stage;
  /** The socket of the stage's engine. */
  dockerSocket: string;
  server: Server;
  databaseUrl: string;
  ownerUrl: string;
  /** A folder of this run's own, short enough for sockets. */
  folder: string;
  lives: Lives;
};

export type RunResult = Omit<End, "resumeSeconds"> & {
  /** The slowest of its resumes; null where nothing was to be resumed. */
  resumeSeconds: number | null;
};

/** The aim: so soon after a restart somebody carries the operation on. */
const mostResumeSeconds = 30;

/** One run of a scenario with one fault: begin, meet it, start again, see how it ends, and judge. */
export async function runOnce(
  ground: RunGround,
  { scenario, fault, isPlanted }: { scenario: Scenario; fault: Fault; isPlanted: boolean },
): Promise<RunResult> {
  const scene = new Scene(ground.stage, ground.databaseUrl);
  const asker = new Asker(ground.ownerUrl);
  const between = await standBetween({ ...ground, asker });
  const lives: Life[] = [];
  try {
    await scene.addAdministrator();
    const beginning = await scenario.begin(scene);
    const before = new Map<string, Document>();
    for (const { id } of scene.services) before.set(id, await readSpec(scene, id));
    const commitsBefore = await commitsOf(asker);
    const live: Play["live"] = ({ isFirst, ...fate }) => {
      const first = { beginning: isFirst ? beginning : null, isPlanted: isPlanted && isFirst };
      const { databaseUrl, host, help } = between;
      const source = scene.source ? { source: scene.source.given } : {};
      const life = ground.lives.start({ databaseUrl, host, ...fate, ...first, ...source }, help);
      lives.push(life);
      return life;
    };
    const end = await playOut({ scenario, fault, live, asker, between });
    ground.lives.requireTime();
    await Promise.all(lives.map((life) => life.kill()));
    const aftermath = { scenario, scene, beginning, lives, before, between, commitsBefore, wasMet: end.wasMet, asker };
    const broken = end.isStranded ? [] : await violationsOf(aftermath);
    const slow = end.resumeSeconds.filter((seconds) => seconds > mostResumeSeconds);
    const violations = [...end.violations, ...broken, ...slow.map((seconds) => `R10: resumed after ${seconds} s`)];
    return { ...end, violations, resumeSeconds: end.resumeSeconds.length > 0 ? Math.max(...end.resumeSeconds) : null };
  } finally {
    await Promise.all(lives.map((life) => life.kill()));
    await between.stop();
    await asker.end();
    await scene.database.$disconnect();
    await scene.clearAway();
  }
}
