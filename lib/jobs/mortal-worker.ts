import "server-only";
import { systemClock } from "#lib/clock.ts";
import { connectDatabase } from "#lib/db/client.ts";
import { listen } from "#lib/db/notify.ts";
import { ownRandom, ownRotators, ownSources } from "#lib/operations/own-ports.ts";
import type { Ports } from "#lib/operations/ports.ts";
import { operationStore } from "#lib/operations/store.ts";
import { connectGateway } from "#lib/swarm/docker.ts";
import { startWorker } from "./worker.ts";

/**
 * A worker in a process of its own, for tests that kill it: it ends itself by SIGKILL at a given call of a port.
 * Arguments: the database, the engine, and where it dies, such as "after updateService 2".
 */
const [databaseUrl = "", host = "", moment = "", method = "", nth = "1"] = process.argv.slice(2);
const counts = new Map<string, number>();

function mortal<T extends object>(port: T): T {
  const entries = Object.entries(port).map(([name, call]) => [
    name,
    async (...given: unknown[]) => {
      const work = call as (...given: unknown[]) => Promise<unknown>;
      if (name !== method) return work(...given);
      counts.set(name, (counts.get(name) ?? 0) + 1);
      if (counts.get(name) !== Number(nth)) return work(...given);
      if (moment === "after") await work(...given);
      if (moment === "during") void work(...given);
      if (moment === "during") await new Promise((resolve) => setImmediate(resolve));
      process.kill(process.pid, "SIGKILL");
      return new Promise(() => undefined);
    },
  ]);
  return Object.fromEntries(entries) as T;
}

const ports: Ports = {
  store: mortal(operationStore(connectDatabase(databaseUrl))),
  swarm: mortal(connectGateway({ endpoints: [{ host, certPath: null, isTlsVerified: false }] })),
  clock: systemClock,
  random: ownRandom,
  sources: ownSources,
  rotators: ownRotators,
};

startWorker({
  ports,
  owner: `mortal ${process.pid}`,
  listen: (handler) => listen("skep_operation", handler, databaseUrl),
});
