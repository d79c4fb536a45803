import { engineApi } from "#lib/ground/engine-api.ts";
import { startModelSocket } from "#lib/operations/model/socket.ts";
import { ModelSwarm } from "#lib/operations/model/swarm.ts";
import { connectGateway } from "#lib/swarm/docker.ts";
import type { OpenStage } from "./scene.ts";

/** The model of the Swarm behind a socket, as a stage. */
export async function modelStage(socketPath: string): Promise<OpenStage> {
  const model = new ModelSwarm();
  // Quick, so that a run's time is what the executor takes.
  model.rollout.fates.push({ fate: { startSeconds: 0.1 } });
  const socket = await startModelSocket({ model, socketPath });
  const stage: OpenStage["stage"] = {
    clusterId: model.clusterId,
    gateway: connectGateway({ endpoints: [{ host: `unix://${socketPath}`, certPath: null, isTlsVerified: false }] }),
    api: engineApi(socketPath),
    failNewTasks(serviceId, oldObjectId) {
      model.rollout.fates.push({ serviceId, fate: { failsAfterSeconds: 0.2, error: "task: non-zero exit (7)" } });
      model.rollout.fates.push({ secretId: oldObjectId, serviceId, fate: { failsAfterSeconds: null } });
    },
  };
  return { stage, dockerSocket: socketPath, stop: () => socket.stop() };
}
