import "server-only";
import { hostname } from "node:os";
import { startHeadLine } from "#lib/audit/head.ts";
import { recordOutsideChanges } from "#lib/audit/outside.ts";
import { listen } from "#lib/db/notify.ts";
import { logOf } from "#lib/log.ts";
import { ownPorts } from "#lib/operations/own-ports.ts";
import { expectKnownSwarm, keepToKnownSwarm } from "#lib/settings/known-swarm.ts";
import { closeSwarm, liveIndex, reportSwarmFailures } from "#lib/swarm/connect.ts";
import { startIntentCheck } from "./intents.ts";
import { startSweep } from "./sweep.ts";
import { startWorker } from "./worker.ts";

/**
 * Everything that goes on without a request: the picture of the Swarm, operations, removals whose time has come, what
 * changes from outside, and the signed head of the history. Stopped in the other order; what is under way is handed back.
 */
export async function startJobs({ say = toStandardOutput } = {}): Promise<{ stop(): Promise<void> }> {
  const log = logOf("jobs");
  reportSwarmFailures((error) => log.warn("swarm.not-followed", {}, error));
  await expectKnownSwarm();
  const live = liveIndex();
  const stopKnowing = keepToKnownSwarm(live);
  const stopRecording = recordOutsideChanges(live);
  const stopHeadLine = startHeadLine(say, {
    onError: (error) => log.warn("audit-head.not-written", {}, error),
  });
  const ports = ownPorts();
  const sweep = startSweep({ ports, snapshot: () => live.snapshot() });
  const worker = startWorker({
    ports,
    owner: `${hostname()} ${process.pid}`,
    listen: (handler) => listen("skep_operation", handler),
    onEnded: () => sweep.wake(),
  });
  const intents = startIntentCheck(ports);
  return {
    async stop() {
      await sweep.stop();
      await intents.stop();
      await worker.stop();
      stopHeadLine();
      await stopRecording();
      await stopKnowing();
      await closeSwarm();
    },
  };
}

function toStandardOutput(line: string): void {
  process.stdout.write(`${line}\n`);
}
