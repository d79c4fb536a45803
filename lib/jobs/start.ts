import "server-only";
import { startHeadLine } from "#lib/audit/head.ts";
import { recordOutsideChanges } from "#lib/audit/outside.ts";
import { logOf } from "#lib/log.ts";
import { liveIndex, reportSwarmFailures } from "#lib/swarm/connect.ts";

const log = logOf("jobs");

/** Begins all that happens without a request: following the Swarm, writing down what others change in it, the signed line of the history's head. */
export async function startJobs(): Promise<{ stop(): Promise<void> }> {
  reportSwarmFailures((error) => log.warn("swarm.failed", {}, error));
  const stopRecording = recordOutsideChanges(liveIndex());
  const stopHeadLine = startHeadLine((line) => process.stdout.write(`${line}\n`), {
    onError: (error) => log.warn("head.failed", {}, error),
  });
  return {
    async stop() {
      stopHeadLine();
      await stopRecording();
    },
  };
}
