import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createNetServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { createSetupLink, ensureUnattendedAdministrator } from "#lib/auth/setup.ts";
import { closeDatabase } from "#lib/db/client.ts";
import { migrate } from "#lib/db/migrate.ts";
import { type Configuration, configurationFrom, configure, env } from "#lib/env.ts";
import { AppError, isAppError } from "#lib/errors.ts";
import { lockDataFolder } from "#lib/ground/lock.ts";
import { keptSessionSecret } from "#lib/ground/session-secret.ts";
import { startGround } from "#lib/ground/start-ground.ts";
import { startJobs } from "#lib/jobs/start.ts";
import { closeSwarm, probeManager } from "#lib/swarm/connect.ts";
import { askAtTerminal, report, reportFailure } from "./console.ts";
import { Lifetime } from "./lifetime.ts";
import { readServerOptions, type ServerOptions, usage } from "./options.ts";
import { type Pages, preparePages } from "./pages.ts";

/** Lock, ground, database, jobs, pages: started in this order, stopped in the other. */
async function start(lifetime: Lifetime): Promise<void> {
  const options = await withPort(readServerOptions(process.argv.slice(2)));
  const environment = env();
  const lock = await lockDataFolder(environment.dataFolder);
  lifetime.onStop("the lock", () => lock.release());

  const pages = preparePages(options, environment.trustedProxies);
  pages.catch(() => undefined);
  const ground = await lifetime.step(
    startGround({
      environment,
      isSandboxForced: options.isSandboxForced,
      probe: probeManager,
      install: { ask: options.isAgreed ? null : askAtTerminal, report },
      onStarted: (name, stop) => lifetime.onStop(name, stop),
    }),
  );
  const configuration = configurationFrom(environment, {
    ...ground,
    sessionSecret: environment.sessionSecret ?? keptSessionSecret(environment.dataFolder),
    host: options.host,
    port: options.port,
    transport: options.tls ? "tls" : options.isBehindProxy ? "behind-proxy" : "plain",
  });
  configure(configuration);
  lifetime.onStop("the way to the Swarm", closeSwarm);
  lifetime.onStop("the way to Postgres", closeDatabase);

  const whyNot = await lifetime.step(openDatabase(configuration, lifetime));
  await lifetime.step(listen(options, await pages, lifetime));
  const address = addressOf(options);
  report(`\nSkep is at ${address}`);
  if (whyNot === null) await welcome(address);
  else await waitForDatabase(whyNot, { configuration, lifetime, address });
}

/** Next and the names of the cookies have to know the port before anything listens. */
async function withPort(options: ServerOptions): Promise<ServerOptions> {
  return options.port === 0 ? { ...options, port: await freePort(options) } : options;
}

function freePort(options: ServerOptions): Promise<number> {
  const server = createNetServer();
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(listenFailure(error, options)));
    server.listen(0, options.host, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Why the operator's own Postgres cannot do its work, null where it can: the console serves without it and tries again. */
async function openDatabase({ databaseUrl, databaseOwnerUrl }: Configuration, lifetime: Lifetime) {
  try {
    await migrate({
      ownerUrl: databaseOwnerUrl ?? databaseUrl,
      applicationUrl: databaseOwnerUrl ? databaseUrl : null,
      report,
    });
    await ensureUnattendedAdministrator();
  } catch (error) {
    if (isAppError(error, "database-unreachable")) return error.publicMessage;
    throw error;
  }
  const jobs = await startJobs();
  lifetime.onStop("the jobs", () => jobs.stop());
  return null;
}

type Waiting = { configuration: Configuration; lifetime: Lifetime; address: string };

async function waitForDatabase(why: string, { configuration, lifetime, address }: Waiting): Promise<void> {
  report(`${why} The console serves without it and tries again every 5 seconds.`);
  const stopped = new AbortController();
  lifetime.onStop("the wait for Postgres", async () => stopped.abort());
  while (!stopped.signal.aborted) {
    try {
      await delay(5000, undefined, { signal: stopped.signal });
      if ((await lifetime.step(openDatabase(configuration, lifetime))) !== null) continue;
      report("Postgres answers.");
      return await welcome(address);
    } catch (error) {
      if (!lifetime.isEnding) reportFailure(error);
    }
  }
}

async function listen(options: ServerOptions, pages: Pages, lifetime: Lifetime): Promise<void> {
  const server = options.tls ? createTlsServer(options.tls, pages.answer) : createServer(pages.answer);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(listenFailure(cause, options)));
    server.listen(options.port, options.host, resolve);
  });
  lifetime.onStop("the pages", () => pages.close());
  lifetime.onStop("the console", () => closeServer(server));
}

/** Requests under way get two seconds; open streams would otherwise never end. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), 2000);
    server.close(() => {
      clearTimeout(cutOff);
      resolve();
    });
    server.closeIdleConnections();
  });
}

async function welcome(address: string): Promise<void> {
  const token = await createSetupLink();
  if (!token) return;
  report("There is no administrator yet. Whoever opens this link first becomes it; it works once, for an hour:");
  report(`  ${address}/set-up/${token}`);
}

function addressOf({ host, port, tls }: ServerOptions): string {
  return `${tls ? "https" : "http"}://${isEverywhere(host) ? "localhost" : nameIn(host)}:${port}`;
}

function isEverywhere(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** As an address writes it. */
function nameIn(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function listenFailure(cause: Error & { code?: string }, { host, port }: ServerOptions): AppError {
  if (cause.code === "EADDRINUSE") {
    return new AppError("busy", `Port ${port} on ${host} is taken. Stop what uses it, or choose another with --port.`, {
      cause,
    });
  }
  const reason = `cannot listen on ${host}:${port} (${cause.code ?? "unknown reason"})`;
  return new AppError("unexpected", `Skep ${reason}. Choose others with --host and --port.`, { cause });
}

if (process.argv.includes("--help")) report(usage);
else await new Lifetime().run(start);
