import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext } from "@playwright/test";
import { eraseEngine, type RunningEngine, startEngine } from "../../lib/ground/engine.ts";
import { erasePostgres, type RunningPostgres, startPostgres } from "../../lib/ground/postgres.ts";
import { importSampleImage } from "../../lib/ground/sample-image.ts";
import { type Fate, type RecordingProxy, startRecordingProxy } from "../../lib/swarm/recording-proxy.ts";
import { type RunningSkep, startSkep } from "../server.ts";
import { type BrowserProxy, startBrowserProxy } from "./browser-proxy.ts";

/** Skep between two ears: one on what browsers send and get, one on what goes to Docker. */
export type Scene = {
  skep: RunningSkep;
  engine: RunningEngine;
  postgres: RunningPostgres;
  /** All that Skep may write to, with its ground below `ground`. */
  folder: string;
  browser: BrowserProxy;
  docker: RecordingProxy;
  /** What becomes of the next call that creates a secret. */
  meetNextCreate(fate: () => Fate | Promise<Fate>): void;
  /** A browser of its own, heard by the proxy. */
  openBrowser(browser: Browser): Promise<BrowserContext>;
  startPostgresAgain(): Promise<void>;
  stop(): Promise<void>;
};

export async function startScene(env: Record<string, string> = {}): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), "skep-canary-"));
  const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const each of undo.splice(0).reverse()) await each();
  };
  try {
    return { ...(await startParts(folder, env, (each) => undo.push(each))), folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Parts = Omit<Scene, "folder" | "stop">;

async function startParts(
  folder: string,
  env: Record<string, string>,
  onStop: (stop: () => unknown) => void,
): Promise<Parts> {
  const ground = join(folder, "ground");
  onStop(() => eraseEngine(ground));
  onStop(() => erasePostgres(ground));
  const [engine, postgres] = await Promise.all([
    startEngine({ dataFolder: ground }),
    startPostgres({ dataFolder: ground }),
  ]);
  await importSampleImage(engine.api);

  let nextFate: (() => Fate | Promise<Fate>) | null = null;
  const socketPath = join(folder, "docker.sock");
  const docker = await startRecordingProxy({
    socketPath,
    targetSocketPath: engine.socketPath,
    meets({ path }) {
      if (!path.endsWith("/secrets/create") || !nextFate) return "passed on";
      const fate = nextFate;
      nextFate = null;
      return fate();
    },
  });
  onStop(() => docker.stop());
  const browser = await startBrowserProxy();
  onStop(() => browser.stop());
  const database = { DATABASE_OWNER_URL: postgres.ownerUrl, DATABASE_URL: postgres.applicationUrl };
  const places = { DOCKER_HOST: `unix://${socketPath}`, TMPDIR: folder };
  const skep = await startSkep({ args: [], env: { ...database, ...places, ...env } });
  onStop(() => skep.stop());

  return {
    skep,
    engine,
    postgres,
    browser,
    docker,
    meetNextCreate(fate) {
      nextFate = fate;
    },
    async openBrowser(chromium) {
      const context = await chromium.newContext({ baseURL: skep.url, proxy: { server: browser.url } });
      context.setDefaultTimeout(20_000);
      context.setDefaultNavigationTimeout(30_000);
      return context;
    },
    async startPostgresAgain() {
      await startPostgres({ dataFolder: ground });
    },
  };
}
