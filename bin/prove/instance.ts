import { writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { systemClock } from "#lib/clock.ts";
import { connectDatabase } from "#lib/db/client.ts";
import { listen } from "#lib/db/notify.ts";
import { startWorker } from "#lib/jobs/worker.ts";
import { type AtPoint, numberedPorts, type Point } from "#lib/operations/model/points.ts";
import { ownRandom, ownRotators, ownSources, rotatorsBy, sourcesBy } from "#lib/operations/own-ports.ts";
import type { Ports, Rotators, ValueSources } from "#lib/operations/ports.ts";
import { startOperation } from "#lib/operations/start.ts";
import { operationStore } from "#lib/operations/store.ts";
import { RotatorFailure } from "#lib/rotators/failure.ts";
import { openRotator } from "#lib/rotators/open.ts";
import { openSource } from "#lib/sources/open.ts";
import { connectGateway } from "#lib/swarm/docker.ts";
import { SecretValue } from "#lib/value.ts";
import type { Ask, Beginning, Fault, Given } from "./life.ts";

/**
 * One instance of Skep's executor in a process of its own, which meets its faults at their numbered points. It prints each
 * point before it, with the time, so that what it did can be read after it was killed.
 */
// Whoever started it is gone: nobody would end it.
process.on("disconnect", () => process.exit(1));
if (!process.connected) process.exit(1);

const given = JSON.parse(process.argv[2] ?? "{}") as Given;
const endpoints = [{ host: given.host, certPath: null, isTlsVerified: false }];
const swarm = connectGateway({ endpoints });
const database = connectDatabase(given.databaseUrl, { connections: 4 });
/** Postgres goes away once in a life at most. */
let outage: "to come" | "due" | null = given.outage && "to come";

const atPoint: AtPoint = async (point, make) => {
  if (point === null) return make();
  say(`${point.number} ${point.port}.${point.call} ${subjectOf(point)}`);
  if (outage === "due") {
    outage = null;
    await ask({ ask: "stop Postgres" });
  }
  const fault = given.faults.find(({ at }) => at === point.number);
  try {
    const answer = fault ? await meet(fault, point, make) : await committing(point, make);
    if (point.call === "lease" && answer !== null) {
      say(`${point.number} taken-up`);
      if (given.outage === "once at work") outage &&= "due";
    }
    return answer;
  } finally {
    if (fault && given.outage === "after the fault") outage &&= "due";
  }
};

/** Says of a commit that there was nothing to commit: nobody was leased, for instance. */
async function committing({ number, port }: Point, make: () => Promise<unknown>): Promise<unknown> {
  const answer = await make();
  if (port === "store" && answer === null) say(`${number} nothing`);
  return answer;
}

async function meet({ variant }: Fault, point: Point, make: () => Promise<unknown>): Promise<unknown> {
  const { number, port, call } = point;
  say(`${number} meets ${variant}`);
  if (variant === "answer lost" && port === "rotators") {
    await make();
    throw new RotatorFailure("unreachable", "the other side");
  }
  if (variant === "answer lost" && port !== "rotators") {
    const isWrite = port === "store" || /^(create|update|remove|compare)/.test(call);
    await ask({ ask: "lose the answer", port, isWrite });
    return committing(point, make);
  }
  if (variant === "dies after") await committing(point, make).catch(() => undefined);
  say("- dies");
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => undefined);
}

/** What a call that changes the Swarm is about, as it shows in its path or its body. */
function subjectOf({ port, call, given: [first, second] }: Point): string {
  if (port === "store" || !/^(create|update|remove)/.test(call)) return "";
  if (typeof first === "object") return (first as { name: string }).name;
  return call === "updateService" ? `${first} ${second}` : String(first);
}

const waiting = new Map<number, () => void>();
let asked = 0;

/** Whoever stands between this process and the Swarm or Postgres does it, and says when it is done. */
function ask(what: Ask): Promise<void> {
  asked += 1;
  const number = asked;
  return new Promise((resolve) => {
    waiting.set(number, resolve);
    process.send?.({ number, ...what });
  });
}

process.on("message", ({ go }: { go: number }) => waiting.get(go)?.());

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

/** A call and a commit that no point has a number for. The commit changes what the engine's own commits do, and nothing in it. */
async function plant(): Promise<void> {
  const value = new SecretValue(Buffer.from("planted"));
  await swarm.createSecret({ name: `planted-${process.pid}`, labels: {}, templating: null }, value);
  await database.$executeRaw`UPDATE "Operation" SET "kind" = "kind"`;
}

/** Opened anew for each call, as Skep does it. */
function rotatorsOf({ rotator }: Given): Rotators {
  if (!rotator) return ownRotators;
  const { name, settings, credentialPath } = rotator;
  return rotatorsBy(async (_id, work) => {
    const credential = () => readFile(credentialPath, "utf8");
    const opened = await openRotator(settings, { name, credential, now: () => systemClock.now() });
    try {
      return await work(opened);
    } finally {
      await opened.close();
    }
  });
}

/** Kept open, as Skep does it. */
function sourcesOf({ source }: Given): ValueSources {
  if (!source) return ownSources;
  const { name, settings } = source;
  const credential = async () => "";
  const opened = openSource(settings, { name, credential, now: () => systemClock.now() });
  return sourcesBy(() => opened);
}

const ports = numberedPorts(
  {
    store: operationStore(database),
    swarm,
    clock: systemClock,
    random: ownRandom,
    sources: sourcesOf(given),
    rotators: rotatorsOf(given),
  },
  atPoint,
);
if (given.isPlanted) await plant();
if (given.beginning) await begin(given.beginning, ports);
startWorker({
  ports,
  owner: `instance ${process.pid}`,
  scanSeconds: 1,
  listen: (handler) => listen("skep_operation", handler, given.databaseUrl),
});
