import { eraseEngine, startEngine } from "#lib/ground/engine.ts";
import { importSampleImage } from "#lib/ground/sample-image.ts";
import { connectGateway } from "#lib/swarm/docker.ts";
import { atEnd } from "../bench/cleanup.ts";
import { prepareEngine } from "../suite/prepare.ts";
import type { OpenStage } from "./scene.ts";

/** A real engine, shared by all runs: each has secrets and services of its own names. */
export async function engineStage(dataFolder: string): Promise<OpenStage> {
  await prepareEngine();
  atEnd(() => eraseEngine(dataFolder));
  const engine = await startEngine({ dataFolder });
  await importSampleImage(engine.api);
  const gateway = connectGateway({ endpoints: [{ host: engine.host, certPath: null, isTlsVerified: false }] });
  const stage: OpenStage["stage"] = {
    clusterId: (await gateway.readCluster()).id,
    gateway,
    api: engine.api,
    // The service's own script ends when it does not find the old value.
    failNewTasks: () => undefined,
  };
  return { stage, dockerSocket: engine.socketPath, stop: async () => undefined };
}
