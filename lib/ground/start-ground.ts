import "server-only";
import { isAbsolute, join, relative } from "node:path";
import type { DockerEndpoint, Environment } from "#lib/env.ts";
import { nameOfEndpoint } from "#lib/swarm/address.ts";
import { chooseSwarm, type ManagerProbe } from "./choose-swarm.ts";
import { type Install, installEngine } from "./install-engine.ts";
import { keepRunning } from "./keep-running.ts";
import { isPostgresRunning, startPostgres } from "./postgres.ts";
import { startSandbox } from "./start-sandbox.ts";
import { settled, stopwatch } from "./start-together.ts";

export type Ground = {
  databaseUrl: string;
  databaseOwnerUrl: string | null;
  docker: DockerEndpoint;
  otherManagers: DockerEndpoint[];
  isSandbox: boolean;
  /** Paths of credentials that a sandbox brings along, by their names. */
  credentialFiles: Record<string, string>;
};

export type FoundSwarm = Omit<Ground, "databaseUrl" | "databaseOwnerUrl">;

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
      ? { docker: choice.docker, otherManagers: choice.otherManagers, isSandbox: false, credentialFiles: {} }
      : startSandbox(options);
  const [database, found] = await settled([startDatabase(options), swarm]);
  return { ...database, ...found };
}

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

function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") || isAbsolute(near) ? path : near;
}
