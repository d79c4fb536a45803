import { engineApi } from "#lib/ground/engine-api.ts";
import type { DockerQuestion } from "#lib/operations/model/docker-api.ts";
import { startModelSocket } from "#lib/operations/model/socket.ts";
import { ModelSwarm } from "#lib/operations/model/swarm.ts";
import { hasEndedTask, namedIn } from "#lib/operations/model/tasks.ts";
import { connectGateway } from "#lib/swarm/docker.ts";
import type { Stage } from "./scene.ts";

/** The model of the Swarm behind a socket, as a stage; it says what no Swarm would: that something removed was still needed. */
export async function modelStage(
  socketPath: string,
  seen: string[],
  hasIntent: (subject: string) => Promise<boolean>,
): Promise<{ stage: Stage; model: ModelSwarm; stop(): Promise<void> }> {
  const model = new ModelSwarm();
  // Quick, so that a run's time is what the executor takes.
  model.rollout.fates.push({ fate: { startSeconds: 0.1 } });
  const socket = await startModelSocket({
    model,
    socketPath,
    async sees(question) {
      seen.push(...needlessly(model, question));
      const subject = subjectOf(question);
      if (subject !== null && !(await hasIntent(subject)))
        seen.push(`R14: ${question.method} ${question.path} without an intent`);
    },
  });
  const stage: Stage = {
    clusterId: model.clusterId,
    gateway: connectGateway({ endpoints: [{ host: `unix://${socketPath}`, certPath: null, isTlsVerified: false }] }),
    api: engineApi(socketPath),
    failNewTasks(serviceId, oldObjectId) {
      model.rollout.fates.push({ serviceId, fate: { failsAfterSeconds: 0.2, error: "task: non-zero exit (7)" } });
      model.rollout.fates.push({ secretId: oldObjectId, serviceId, fate: { failsAfterSeconds: null } });
    },
  };
  return { stage, model, stop: () => socket.stop() };
}

/** What a call that changes the Swarm is about, as its intent must name it. */
function subjectOf({ method, path, body }: DockerQuestion): string | null {
  if (method === "GET" || path === "/services/create") return null;
  if (path === "/secrets/create") return (body as { Name: string }).Name;
  return path.split("/")[2] ?? null;
}

/** R3: Docker itself minds current specs only. */
function needlessly(model: ModelSwarm, { method, path }: DockerQuestion): string[] {
  if (method !== "DELETE" || !path.startsWith("/secrets/")) return [];
  const id = path.split("/")[2] ?? "";
  const services = [...model.services.values()];
  const holds = services.filter(({ previousSpec }) => previousSpec && namedIn(previousSpec).includes(id));
  const tasks = model.tasks.filter((task) => !hasEndedTask(task) && task.secretIds.includes(id));
  return [
    ...holds.map(({ spec }) => `R3: removed what ${spec.Name} would need to go back`),
    ...tasks.map(({ serviceId }) => `R3: removed what a task of ${serviceId} runs with`),
  ];
}
