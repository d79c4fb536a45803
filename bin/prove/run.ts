import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { startRecordingProxy } from "#lib/swarm/recording-proxy.ts";
import { type Fault, type Life, startLife } from "./life.ts";
import { startLossyPostgres } from "./lossy-postgres.ts";
import type { Scenario } from "./scenarios.ts";
import { Scene, type Stage } from "./scene.ts";
import { specWithoutSecrets, violationsOf } from "./violations.ts";

export type RunGround = {
  stage: Stage;
  /** The socket of the stage's engine. */
  dockerSocket: string;
  databaseUrl: string;
  ownerUrl: string;
  postgresSocket: string;
  /** A folder of this run's own, short enough for sockets. */
  folder: string;
  /** What the stage saw go wrong while the run went on. */
  seen: string[];
};

export type RunResult = {
  violations: string[];
  /** It never came to one of its ends. */
  isStranded: boolean;
  /** The fault was met; without it the run went through untouched. */
  wasMet: boolean;
  points: number;
  resumeSeconds: number | null;
};

const mostSeconds = 240;

/** One run of a scenario with one fault: begin, meet it, start again, see how it ends, and judge. */
export async function runOnce(
  ground: RunGround,
  scenario: Scenario,
  fault: Fault | null,
  isPlanted = false,
): Promise<RunResult> {
  const scene = new Scene(ground.stage, ground.databaseUrl);
  const client = new pg.Client({ connectionString: ground.ownerUrl });
  client.on("error", () => undefined);
  const between = await standBetween(ground);
  const lives: Life[] = [];
  try {
    await client.connect();
    await scene.addAdministrator();
    const beginning = await scenario.begin(scene);
    const before = new Map<string, string>();
    for (const { id } of scene.services) before.set(id, await specWithoutSecrets(scene, id));
    const live: Play["live"] = (given) => {
      const first = { beginning: given.isFirst ? beginning : null, isPlanted: isPlanted && given.isFirst };
      const { databaseUrl, host } = between;
      const life = startLife({ databaseUrl, host, fault: given.fault, ...first }, between.lose);
      lives.push(life);
      return life;
    };
    const end = await playOut({ scenario, fault, live, client, restart: () => between.postgres.restart(3) });
    await Promise.all(lives.map((life) => life.kill()));
    const { seen } = ground;
    const requests = between.proxy.requests();
    const aftermath = { scenario, scene, beginning, lives, before, seen, client, requests };
    const violations = end.isStranded ? [] : await violationsOf(aftermath);
    return { ...end, violations, points: Math.max(0, ...(lives[0]?.said ?? []).map(({ number }) => number ?? 0)) };
  } finally {
    await Promise.all(lives.map((life) => life.kill()));
    await between.stop();
    await client.end().catch(() => undefined);
    await scene.database.$disconnect();
  }
}

/** What an instance takes for the engine and for Postgres: both may lose an answer. */
async function standBetween({ folder, dockerSocket, databaseUrl, postgresSocket }: RunGround) {
  let losing: "any" | "write" | null = null;
  const proxySocket = join(folder, "d.sock");
  const proxy = await startRecordingProxy({
    socketPath: proxySocket,
    targetSocketPath: dockerSocket,
    meets({ method }) {
      if (losing === null || (losing === "write" && method === "GET")) return "passed on";
      losing = null;
      return "answer lost";
    },
  });
  const postgresFolder = join(folder, "p");
  mkdirSync(postgresFolder, { recursive: true });
  const postgres = await startLossyPostgres({
    socketPath: join(postgresFolder, ".s.PGSQL.5432"),
    targetSocketPath: postgresSocket,
  });
  const url = new URL(databaseUrl);
  url.searchParams.set("host", postgresFolder);
  return {
    proxy,
    postgres,
    databaseUrl: url.href,
    host: `unix://${proxySocket}`,
    lose(port: "store" | "swarm", isWrite: boolean) {
      if (port === "store") postgres.loseNextCommit();
      else losing = isWrite ? "write" : "any";
    },
    async stop() {
      await proxy.stop();
      await postgres.stop();
    },
  };
}

type Play = {
  scenario: Scenario;
  fault: Fault | null;
  live(given: { fault: Fault | null; isFirst: boolean }): Life;
  client: pg.Client;
  restart(): void;
};

/** Lives one after another until the operation is over, or nothing of it was ever written down. */
async function playOut({ scenario, fault, live, client, restart }: Play) {
  const until = Date.now() + mostSeconds * 1000;
  let life = live({ fault, isFirst: true });
  let deathsLeft = scenario.diesTwice ? 1 : 0;
  let restartAt = scenario.restartsPostgres ? 1 : null;
  let resumed: Life | null = null;
  for (;;) {
    await pause(150);
    const isOver = await isEnded(client);
    if (isOver && !life.hasDied()) break;
    if (life.hasDied()) {
      const second = deathsLeft > 0 && fault ? { at: 5 + (fault.at % 23), variant: fault.variant } : null;
      deathsLeft -= 1;
      life = live({ fault: second, isFirst: false });
      resumed = life;
      if (await hasNothingToResume(client)) break;
    } else if (restartAt !== null && resumed === life && Date.now() - life.startedAt > restartAt * 1000) {
      restartAt = null;
      restart();
    }
    if (
      !isOver &&
      !resumed &&
      life.said.some(({ what }) => what.startsWith("refused")) &&
      (await hasNothingToResume(client))
    )
      break;
    if (Date.now() > until) return { isStranded: true, wasMet: true, resumeSeconds: null };
  }
  const firstWork = resumed?.said.find(({ what }) => what === "store.save");
  return {
    isStranded: false,
    wasMet: fault === null || wasReached(resumed, life, fault),
    resumeSeconds: resumed && firstWork ? (firstWork.at - resumed.startedAt) / 1000 : null,
  };
}

function wasReached(resumed: Life | null, life: Life, fault: Fault): boolean {
  return resumed !== null || life.said.some(({ number }) => number === fault.at);
}

async function isEnded(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT 1 FROM "Operation" WHERE kind <> 'adopt' AND state IN ('ended', 'needs-attention')`,
  );
  return rows.length > 0;
}

async function hasNothingToResume(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(`SELECT 1 FROM "Operation" WHERE kind <> 'adopt'`);
  return rows.length === 0;
}
