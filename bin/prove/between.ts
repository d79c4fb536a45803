import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { SwarmCall } from "#lib/audit/schema.ts";
import type { Document } from "#lib/operations/witness/document.ts";
import { Readings } from "#lib/operations/witness/readings.ts";
import { type RecordedRequest, startRecordingProxy } from "#lib/swarm/recording-proxy.ts";
import type { Asker } from "./asker.ts";
import type { Ask } from "./life.ts";
import { startLossyPostgres } from "./lossy-postgres.ts";
import { neededBy } from "./needs.ts";
import type { Stage } from "./scene.ts";
import type { Server } from "./server.ts";

/** A call that changes the Swarm, with what was so in the moment when it came, before the Swarm had it. */
export type Call = RecordedRequest & {
  at: number;
  /** Calls that were written down, and no end of them. */
  intents: readonly SwarmCall[];
  /** Services that an operation has locked. */
  locked: readonly string[];
  /** What of the Swarm needed the object that was to be removed. */
  neededBy: readonly string[];
};

/** Postgres was away from when an instance went on without it, until it was back, and found the operation unfinished or not. */
export type Outage = { from: number; until: number | null; wasOpen: boolean };

export type Between = {
  /** What an instance takes for Postgres, and for the engine. */
  databaseUrl: string;
  host: string;
  help(ask: Ask): Promise<void>;
  requests(): RecordedRequest[];
  calls(): Call[];
  /** A service's spec as it was read at this version. */
  specAt(serviceId: string, versionIndex: string): Document | undefined;
  /** Resolves when Postgres is there, to what was of it. */
  outage(): Promise<Outage | null>;
  stop(): Promise<void>;
};

const outageSeconds = 3;

/** Stands between the instances of a run and what they speak to: loses answers, takes Postgres away, and looks at each call. */
export async function standBetween(given: {
  stage: Stage;
  dockerSocket: string;
  server: Server;
  databaseUrl: string;
  asker: Asker;
  folder: string;
}): Promise<Between> {
  const { folder, server, databaseUrl, asker } = given;
  const wire = await watchDocker(given);
  const postgresFolder = join(folder, "p");
  mkdirSync(postgresFolder, { recursive: true });
  const postgres = await startLossyPostgres({
    socketPath: join(postgresFolder, ".s.PGSQL.5432"),
    targetSocketPath: server.socketPath,
  });
  const url = new URL(databaseUrl);
  url.searchParams.set("host", postgresFolder);
  let outage: Outage | null = null;
  let isBack: Promise<void> = Promise.resolve();

  async function comeBack(of: Outage): Promise<void> {
    await pause(outageSeconds * 1000);
    await server.start();
    of.until = Date.now();
    of.wasOpen = (await asker.rows(`SELECT 1 FROM "Operation" WHERE kind <> 'adopt' AND state = 'open'`)).length > 0;
  }
  return {
    ...wire,
    databaseUrl: url.href,
    async help(asked) {
      if (asked.ask === "lose the answer") {
        if (asked.port === "store") postgres.loseNextCommit();
        else wire.loseNext(asked.isWrite ? "write" : "any");
        return;
      }
      await server.stop();
      outage = { from: Date.now(), until: null, wasOpen: false };
      isBack = comeBack(outage);
      // Whoever waits for it is told.
      isBack.catch(() => undefined);
    },
    async outage() {
      await isBack;
      return outage;
    },
    async stop() {
      await wire.stop();
      await postgres.stop();
      await isBack;
    },
  };
}

async function watchDocker({ stage, dockerSocket, asker, folder }: Parameters<typeof standBetween>[0]) {
  const readings = new Readings();
  const seen: Omit<Call, "body" | "statusCode">[] = [];
  let losing: "any" | "write" | null = null;
  let isOver = false;
  let failure: unknown;
  const socketPath = join(folder, "d.sock");
  const proxy = await startRecordingProxy({
    socketPath,
    targetSocketPath: dockerSocket,
    async meets({ method, path }) {
      const isLost = losing === "any" || (losing === "write" && method !== "GET");
      if (isLost) losing = null;
      if (method !== "GET") {
        const call = { at: Date.now(), method, path, intents: [], locked: [], neededBy: [] };
        seen.push(call);
        try {
          await lookAround(call, stage, asker);
        } catch (error) {
          // What comes when the run is over is looked at by nobody.
          if (!isOver) failure ??= error;
          return "broken off";
        }
      }
      return isLost ? "answer lost" : "passed on";
    },
    hears({ method, path, answer }) {
      if (method === "GET" && path.startsWith("/services")) readings.hear(answer.toString());
    },
  });
  return {
    host: `unix://${socketPath}`,
    requests: () => proxy.requests(),
    calls() {
      if (failure !== undefined) throw failure;
      return joined(seen, proxy.requests());
    },
    specAt: (serviceId: string, versionIndex: string) => readings.specAt(serviceId, versionIndex),
    loseNext(which: "any" | "write") {
      losing = which;
    },
    async stop() {
      isOver = true;
      await proxy.stop();
    },
  };
}

type Around = Pick<Call, "method" | "path"> & { intents: SwarmCall[]; locked: string[]; neededBy: string[] };

async function lookAround(call: Around, stage: Stage, asker: Asker): Promise<void> {
  if (call.method === "DELETE") call.neededBy.push(...(await neededBy(stage.api, call.path.split("/")[2] ?? "")));
  const open = await asker.rows<{ body: string }>(
    `SELECT convert_from(i.body, 'UTF8') AS body FROM "AuditEvent" i WHERE i.type = 'call.intended'
     AND NOT EXISTS (SELECT 1 FROM "AuditEvent" e WHERE e.type = 'call.ended' AND e."operationId" = i."operationId"
                     AND e."callKey" = i."callKey")`,
  );
  for (const { body } of open) call.intents.push((JSON.parse(body) as { detail: { call: SwarmCall } }).detail.call);
  const locks = await asker.rows<{ serviceId: string }>(`SELECT "serviceId" FROM "ServiceLock"`);
  call.locked.push(...locks.map(({ serviceId }) => serviceId));
}

/** Both lists are in the order in which the calls began. */
function joined(seen: readonly Omit<Call, "body" | "statusCode">[], requests: readonly RecordedRequest[]): Call[] {
  const left = requests.filter(({ method }) => method !== "GET");
  return seen.map((call) => {
    const place = left.findIndex(({ method, path }) => method === call.method && path === call.path);
    const [request] = left.splice(place, place < 0 ? 0 : 1);
    return { ...call, body: request?.body ?? Buffer.alloc(0), statusCode: request?.statusCode ?? null };
  });
}
