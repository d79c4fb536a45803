import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Browser, BrowserContext } from "@playwright/test";
import { eraseEngine, type RunningEngine, startEngine } from "#lib/ground/engine.ts";
import { erasePostgres, type RunningPostgres, startPostgres } from "#lib/ground/postgres.ts";
import { importSampleImage } from "#lib/ground/sample-image.ts";
import { type Fate, type RecordingProxy, startRecordingProxy } from "#lib/swarm/recording-proxy.ts";
import { type BrowserProxy, startBrowserProxy } from "./browser-proxy.ts";
import { type RunningSkep, startSkep } from "./server.ts";

/** Skep on an empty Swarm and a Postgres that a test may stop and start, with an ear on what goes to Docker. */
export type Scene = {
  skep: RunningSkep;
  /** With this another Skep works beside it, on the same Postgres and Swarm. */
  skepEnvironment: Record<string, string>;
  engine: RunningEngine;
  postgres: RunningPostgres;
  /** All that Skep may write to, with its ground below `ground`. */
  folder: string;
  docker: RecordingProxy;
  /** What becomes of the next call that creates a secret. */
  meetNextCreate(fate: () => Fate | Promise<Fate>): void;
  startEngineAgain(): Promise<void>;
  /** Cuts Skep off from the Swarm, which runs on; the answer ends the cut. */
  cutOffSwarm(): Promise<() => Promise<void>>;
  startPostgresAgain(): Promise<void>;
  stop(): Promise<void>;
};

/** With a second ear on what browsers send and get. */
export type OverheardScene = Scene & {
  browser: BrowserProxy;
  /** A browser of its own, heard by the proxy. */
  openBrowser(browser: Browser): Promise<BrowserContext>;
};

export type SceneOptions = {
  env?: Record<string, string>;
  /** What Skep is started with; it may write what that names into the scene's folder. */
  args?(folder: string): string[];
};

type OnStop = (stop: () => unknown) => void;

export async function startScene(options: SceneOptions = {}): Promise<Scene> {
  return started(options, async (scene) => scene);
}

export async function startOverheardScene(options: SceneOptions = {}): Promise<OverheardScene> {
  return started(options, async (scene, onStop) => {
    const browser = await startBrowserProxy();
    onStop(() => browser.stop());
    return {
      ...scene,
      browser,
      async openBrowser(chromium) {
        const context = await chromium.newContext({ baseURL: scene.skep.url, proxy: { server: browser.url } });
        context.setDefaultTimeout(60_000);
        context.setDefaultNavigationTimeout(120_000);
        return context;
      },
    };
  });
}

export async function until(what: string, holds: () => Promise<boolean> | boolean, seconds = 120): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Waited ${seconds} s in vain: ${what}.`);
    await pause(100);
  }
}

/** Whatever was started until something fails is stopped, the last first. */
async function started<T extends Scene>(
  options: SceneOptions,
  complete: (scene: Scene, onStop: OnStop) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "skep-scene-"));
  const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const onStop: OnStop = (each) => undo.push(each);
  const stop = async () => {
    for (const each of undo.splice(0).reverse()) await each();
  };
  try {
    return await complete({ ...(await startParts(folder, options, onStop)), folder, stop }, onStop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(
  folder: string,
  { env, args }: SceneOptions,
  onStop: OnStop,
): Promise<Omit<Scene, "folder" | "stop">> {
  const dataFolder = join(folder, "ground");
  onStop(() => eraseEngine(dataFolder));
  onStop(() => erasePostgres(dataFolder));
  const [engine, postgres] = await Promise.all([startEngine({ dataFolder }), startPostgres({ dataFolder })]);
  await importSampleImage(engine.api);

  let nextFate: (() => Fate | Promise<Fate>) | null = null;
  const socketPath = join(folder, "docker.sock");
  const listen = async () => {
    const proxy = await startRecordingProxy({
      socketPath,
      targetSocketPath: engine.socketPath,
      meets({ path }) {
        if (!path.endsWith("/secrets/create") || !nextFate) return "passed on";
        const fate = nextFate;
        nextFate = null;
        return fate();
      },
    });
    onStop(() => proxy.stop());
    return proxy;
  };
  const docker = await listen();
  const database = { DATABASE_OWNER_URL: postgres.ownerUrl, DATABASE_URL: postgres.applicationUrl };
  const places = { DOCKER_HOST: `unix://${socketPath}`, TMPDIR: folder };
  const skepEnvironment = { ...database, ...places, ...env };
  const skep = await startSkep({ args: args?.(folder) ?? [], env: skepEnvironment });
  onStop(() => skep.stop());

  return {
    skep,
    skepEnvironment,
    engine,
    postgres,
    docker,
    meetNextCreate(fate) {
      nextFate = fate;
    },
    startEngineAgain: async () => void (await startEngine({ dataFolder })),
    cutOffSwarm: async () => {
      await docker.stop();
      return async () => void (await listen());
    },
    startPostgresAgain: async () => void (await startPostgres({ dataFolder })),
  };
}
