import "server-only";
import { hostname } from "node:os";
import { startHeadLine } from "#lib/audit/head.ts";
import { recordOutsideChanges } from "#lib/audit/outside.ts";
import { startWholeWalks } from "#lib/audit/whole-walk.ts";
import { listen } from "#lib/db/notify.ts";
import { logOf } from "#lib/log.ts";
import { ownPorts } from "#lib/operations/own-ports.ts";
import { expectKnownSwarm, keepToKnownSwarm } from "#lib/settings/known-swarm.ts";
import { closeSources } from "#lib/settings/opened-sources.ts";
import { closeSwarm, liveIndex, reportSwarmFailures } from "#lib/swarm/connect.ts";
import { startImports } from "./imports.ts";
import { startIntentCheck } from "./intents.ts";
import { startSweep } from "./sweep.ts";
import { startSync } from "./sync.ts";
import { startWorker } from "./worker.ts";

/**
 * Everything that goes on without a request: the picture of the Swarm, operations, removals whose time has come, new
 * versions at sources, imports, what changes from outside, the signed head of the history and its daily walk. Stopped in the other order; what is under
 * way is handed back.
 */
export async function startJobs({ say = toStandardOutput } = {}): Promise<{ stop(): Promise<void> }> {
  const log = logOf("jobs");
  reportSwarmFailures((error) => log.warn("swarm.not-followed", {}, error));
  await expectKnownSwarm();
  const live = liveIndex();
  const executor = startLater();
  const stopKnowing = keepToKnownSwarm(live, { onLooked: executor.start });
  const stopRecording = recordOutsideChanges(live);
  const headLine = startHeadLine(say);
  const wholeWalks = startWholeWalks();
  return {
    async stop() {
      await executor.stop();
      await wholeWalks.stop();
      await headLine.stop();
      await stopRecording();
      await stopKnowing();
      await closeSources();
      await closeSwarm();
    },
  };
}

/** R18: nothing resumes in a Swarm that nobody has looked at yet: it may hold what a restored database does not know. */
function startLater(): { start(): void; stop(): Promise<void> } {
  let stopAll: (() => Promise<void>) | null = null;
  return {
    start() {
      stopAll ??= startExecutor();
    },
    async stop() {
      const stop = stopAll;
      stopAll = async () => undefined;
      await stop?.();
    },
  };
}

function startExecutor(): () => Promise<void> {
  const ports = ownPorts();
  const sweep = startSweep({ ports, snapshot: () => liveIndex().snapshot() });
  const worker = startWorker({
    ports,
    owner: `${hostname()} ${process.pid}`,
    listen: (handler) => listen("skep_operation", handler),
    onEnded: () => sweep.wake(),
  });
  const intents = startIntentCheck(ports);
  const clusterId = () => liveIndex().snapshot().cluster?.id ?? null;
  const sync = startSync({ ports, clusterId });
  const imports = startImports({ ports, clusterId });
  return async () => {
    await imports.stop();
    await sync.stop();
    await sweep.stop();
    await intents.stop();
    await worker.stop();
  };
}

function toStandardOutput(line: string): void {
  process.stdout.write(`${line}\n`);
}
