import type { EngineApi } from "#lib/ground/engine-api.ts";
import { hasEnded } from "#lib/operations/converge.ts";

type TaskSpecJson = { ContainerSpec: { Secrets?: { SecretID: string }[] } };
type ServiceJson = {
  Spec: { Name: string; TaskTemplate: TaskSpecJson };
  PreviousSpec?: { TaskTemplate: TaskSpecJson };
};
type TaskJson = { Spec: TaskSpecJson; ServiceID: string; Status: { State: Parameters<typeof hasEnded>[0] } };

/** R3: what needs an object at this moment and what Docker itself does not mind, asked of Docker without Skep's own reader. */
export async function neededBy(api: EngineApi, objectId: string): Promise<string[]> {
  const services = await api.call<ServiceJson[]>("GET", "/services");
  const tasks = await api.call<TaskJson[]>("GET", "/tasks");
  const names = (spec: TaskSpecJson | undefined) =>
    (spec?.ContainerSpec.Secrets ?? []).some(({ SecretID }) => SecretID === objectId);
  const previous = services.filter(({ PreviousSpec }) => names(PreviousSpec?.TaskTemplate));
  const living = tasks.filter(({ Spec, Status }) => names(Spec) && !hasEnded(Status.State));
  return [
    ...previous.map(({ Spec }) => `${Spec.Name} would need to go back`),
    ...living.map(({ ServiceID, Status }) => `a task of ${ServiceID} that is ${Status.State} runs with`),
  ];
}
