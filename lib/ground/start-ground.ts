import "server-only";
import { isAbsolute, join, relative } from "node:path";
import type { DockerEndpoint, Environment } from "#lib/env.ts";
import { nameOfEndpoint } from "#lib/swarm/address.ts";
import { chooseSwarm, type ManagerProbe } from "./choose-swarm.ts";
import { isEngineRunning, startEngine } from "./engine.ts";
import { type Install, installEngine } from "./install-engine.ts";
import { keepRunning } from "./keep-running.ts";
import { isPostgresRunning, startPostgres } from "./postgres.ts";
import { createSample } from "./sample.ts";
import { restorePaused } from "./sample-paused.ts";

export type Ground = {
  databaseUrl: string;
  databaseOwnerUrl: string | null;
  docker: DockerEndpoint;
  otherManagers: DockerEndpoint[];
  isSandbox: boolean;
};

type Stop = () => Promise<void>;

export type GroundOptions = {
  environment: Environment;
  isSandboxForced: boolean;
  probe: ManagerProbe;
  install: Install;
  /** Told of everything that was started, as soon as it may exist, so that it can be stopped even if a later step fails. */
  onStarted(name: string, stop: Stop): void;
};

/** Finds or starts what Skep stands on: a Postgres and a Swarm. Each is the operator's own where there is one. */
export async function startGround(options: GroundOptions): Promise<Ground> {
  const { environment, isSandboxForced, probe, install } = options;
  const choice = await chooseSwarm({ environment, isSandboxForced, probe });
  if (choice.use === "sandbox") {
    install.report(`Swarm: the sandbox, because ${choice.reason}`);
    install.report(
      "  To use your own, run `docker swarm init` there and set DOCKER_HOST, e.g. unix:///var/run/docker.sock",
    );
    await installEngine(install);
  } else {
    const others = choice.otherManagers.map(nameOfEndpoint).join(", ");
    install.report(`Swarm: the manager at ${nameOfEndpoint(choice.docker)}${others && `, else ${others}`}`);
  }
  const swarm =
    choice.use === "own"
      ? { docker: choice.docker, otherManagers: choice.otherManagers, isSandbox: false }
      : startSandbox(options);
  const [database, found] = await settled([startDatabase(options), swarm]);
  return { ...database, ...found };
}

type FoundSwarm = Pick<Ground, "docker" | "otherManagers" | "isSandbox">;

async function startDatabase(options: GroundOptions): Promise<Pick<Ground, "databaseUrl" | "databaseOwnerUrl">> {
  const { environment, install, onStarted } = options;
  if (environment.databaseUrl) {
    install.report("Postgres: your own, by DATABASE_URL");
    return { databaseUrl: environment.databaseUrl, databaseOwnerUrl: environment.databaseOwnerUrl };
  }
  const seconds = stopwatch();
  const { dataFolder } = environment;
  const start = () => startPostgres({ dataFolder });
  const postgres = await start();
  onStarted("Postgres", postgres.stop);
  const isRunning = () => isPostgresRunning(dataFolder);
  onStarted(
    "the watch over Postgres",
    keepRunning({ name: "Postgres", isRunning, start, report: install.report }).stop,
  );
  install.report(`Postgres: embedded, in ${shown(join(dataFolder, "postgres"))} (${seconds()} s)`);
  return { databaseUrl: postgres.applicationUrl, databaseOwnerUrl: postgres.ownerUrl };
}

async function startSandbox(options: GroundOptions): Promise<FoundSwarm> {
  const { environment, install, onStarted } = options;
  const seconds = stopwatch();
  const { dataFolder } = environment;
  const start = () => startEngine({ dataFolder });
  const engine = await start();
  onStarted("the sandbox", engine.stop);
  const isRunning = () => isEngineRunning(dataFolder);
  const { stop } = keepRunning({ name: "The sandbox", isRunning, start, report: install.report });
  onStarted("the watch over the sandbox", stop);
  await createSample(engine.api);
  onStarted("the sample", restorePaused(engine.api).stop);
  install.report(`Sandbox: a private Docker engine with the stacks shop and monitoring (${seconds()} s)`);
  install.report(`         docker reaches it in a terminal after: export DOCKER_HOST=${engine.host}`);
  return { docker: { host: engine.host, certPath: null, isTlsVerified: false }, otherManagers: [], isSandbox: true };
}

/** Waits for both, also when one fails: whoever stops everything afterwards must know of everything. */
async function settled<A, B>(work: [Promise<A>, Promise<B> | B]): Promise<[A, B]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

function stopwatch(): () => string {
  const started = performance.now();
  return () => ((performance.now() - started) / 1000).toFixed(1);
}

function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") || isAbsolute(near) ? path : near;
}
