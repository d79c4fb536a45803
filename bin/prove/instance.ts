import { once } from "node:events";
import { writeSync } from "node:fs";
import { systemClock } from "#lib/clock.ts";
import { connectDatabase } from "#lib/db/client.ts";
import { listen } from "#lib/db/notify.ts";
import { startWorker } from "#lib/jobs/worker.ts";
import { type AtPoint, numberedPorts, type Point } from "#lib/operations/model/points.ts";
import { ownRandom } from "#lib/operations/own-ports.ts";
import type { Ports } from "#lib/operations/ports.ts";
import { startOperation } from "#lib/operations/start.ts";
import { operationStore } from "#lib/operations/store.ts";
import { connectGateway } from "#lib/swarm/docker.ts";
import { SecretValue } from "#lib/value.ts";
import type { Beginning, Fault } from "./life.ts";

/**
 * One instance of Skep's executor in a process of its own, which meets one fault at one numbered point. It prints each
 * point before it, with the time, so that what it did can be read after it was killed.
 */
type Given = {
  databaseUrl: string;
  host: string;
  fault: Fault | null;
  beginning: Beginning | null;
  isPlanted: boolean;
};

const given = JSON.parse(process.argv[2] ?? "{}") as Given;
const endpoints = [{ host: given.host, certPath: null, isTlsVerified: false }];
const swarm = connectGateway({ endpoints });

const atPoint: AtPoint = async (point, make) => {
  if (point === null) return make();
  say(`${point.number} ${point.port}.${point.call}`);
  if (point.number !== given.fault?.at) return make();
  if (given.fault.variant === "answer lost") {
    await askToLose(point);
    return make();
  }
  if (given.fault.variant === "dies after") await make().catch(() => undefined);
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => undefined);
};

/** Whoever stands between this process and the Swarm or Postgres drops the next answer. */
async function askToLose({ port, call }: Point): Promise<void> {
  const isWrite = port === "store" || /^(create|update|remove|compare)/.test(call);
  process.send?.({ lose: port, isWrite });
  await once(process, "message");
}

function say(line: string): void {
  writeSync(1, `${Date.now()} ${line}\n`);
}

async function begin({ permit, plan, typed }: Beginning, ports: Ports): Promise<void> {
  const values = new Map(Object.entries(typed).map(([id, text]) => [id, new SecretValue(Buffer.from(text))]));
  try {
    const { id } = await startOperation(permit, plan, { ports, values });
    say(`- began ${id}`);
  } catch (error) {
    say(`- refused ${(error as { code?: string }).code ?? "unknown"}`);
  }
}

const ports = numberedPorts(
  {
    store: operationStore(connectDatabase(given.databaseUrl, { connections: 4 })),
    swarm,
    clock: systemClock,
    random: ownRandom,
  },
  atPoint,
);
if (given.beginning) await begin(given.beginning, ports);
if (given.isPlanted)
  await swarm.createSecret({ name: "planted", labels: {}, templating: null }, new SecretValue(Buffer.from("planted")));
startWorker({
  ports,
  owner: `instance ${process.pid}`,
  scanSeconds: 1,
  listen: (handler) => listen("skep_operation", handler, given.databaseUrl),
});
