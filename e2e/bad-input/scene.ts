import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { eraseEngine, type RunningEngine, startEngine } from "../../lib/ground/engine.ts";
import { erasePostgres, type RunningPostgres, startPostgres } from "../../lib/ground/postgres.ts";
import { importSampleImage } from "../../lib/ground/sample-image.ts";
import { type RecordingProxy, startRecordingProxy } from "../../lib/swarm/recording-proxy.ts";
import { type RunningSkep, startSkep } from "../server.ts";

/** Skep on an empty Swarm and a Postgres that a test may stop and start, with an ear on what goes to Docker. */
export type Scene = {
  skep: RunningSkep;
  engine: RunningEngine;
  postgres: RunningPostgres;
  docker: RecordingProxy;
  startEngineAgain(): Promise<void>;
  /** Cuts Skep off from the Swarm, which runs on; the answer ends the cut. */
  cutOffSwarm(): Promise<() => Promise<void>>;
  startPostgresAgain(): Promise<void>;
  stop(): Promise<void>;
};

export async function startScene(): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), "skep-bad-input-"));
  const dataFolder = join(folder, "ground");
  const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const each of undo.splice(0).reverse()) await each();
  };
  try {
    undo.push(() => eraseEngine(dataFolder));
    const engine = await startEngine({ dataFolder });
    await importSampleImage(engine.api);
    undo.push(() => erasePostgres(dataFolder));
    const postgres = await startPostgres({ dataFolder });
    const socketPath = join(folder, "docker.sock");
    const docker = await startRecordingProxy({ socketPath, targetSocketPath: engine.socketPath });
    undo.push(() => docker.stop());
    const { ownerUrl: DATABASE_OWNER_URL, applicationUrl: DATABASE_URL } = postgres;
    const env = { DOCKER_HOST: `unix://${socketPath}`, DATABASE_URL, DATABASE_OWNER_URL };
    const skep = await startSkep({ args: [], env });
    undo.push(() => skep.stop());
    return {
      skep,
      engine,
      postgres,
      docker,
      stop,
      startEngineAgain: async () => void (await startEngine({ dataFolder })),
      cutOffSwarm: async () => {
        await docker.stop();
        return async () => {
          const again = await startRecordingProxy({ socketPath, targetSocketPath: engine.socketPath });
          undo.push(() => again.stop());
        };
      },
      startPostgresAgain: async () => void (await startPostgres({ dataFolder })),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

export async function until(what: string, holds: () => Promise<boolean> | boolean, seconds = 60): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Waited ${seconds} s in vain: ${what}.`);
    await pause(100);
  }
}
