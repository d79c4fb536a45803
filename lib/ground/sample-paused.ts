import "server-only";
import { AppError } from "#lib/errors.ts";
import { logOf } from "#lib/log.ts";
import { type EngineApi, EngineRefusal } from "./engine-api.ts";
import { waitUntil } from "./process.ts";
import { scriptOf } from "./sample-spec.ts";
import { type SampleService, sampleServices } from "./sample-stacks.ts";

type Spec = {
  Labels: Record<string, string>;
  TaskTemplate: { ContainerSpec: { Args: string[] }; ForceUpdate?: number };
};
type Service = { ID: string; Version: { Index: number }; UpdateStatus?: { State?: string }; Spec: Spec };

const halfRestored = "io.skep.sample.half-restored";

const pausedServices = sampleServices.filter(({ badScript }) => badScript);

/** Deploys the bad script over the good tasks of each service that has one, unless it was done; Swarm then pauses the update by itself. */
export async function deployBadly(api: EngineApi): Promise<void> {
  for (const sample of pausedServices) {
    const service = await findService(api, sample);
    if (service && !service.UpdateStatus?.State) await deployOver(api, sample, () => false);
  }
}

/**
 * When an engine starts again, Swarm makes every task anew from the present spec, so a paused service would be left
 * without its good one. Deploys both again, in the background, where nobody has touched the service since.
 */
export function restorePaused(api: EngineApi): { over: Promise<void>; stop(): Promise<void> } {
  let isStopped = false;
  const restore = async () => {
    for (const sample of pausedServices) {
      const service = await findService(api, sample);
      if (!service || !(isAsLeft(service, sample) || isHalfRestored(service))) continue;
      if (!isHalfRestored(service) && (await countContainers(api, sample)) > 0) continue;
      await deployWell(api, sample, () => isStopped);
      await deployOver(api, sample, () => isStopped);
    }
  };
  const over = restore().catch((error: unknown) => {
    if (!isStopped) logOf("ground").warn("sample.not-restored", {}, error);
  });
  return {
    over,
    async stop() {
      isStopped = true;
      await over;
    },
  };
}

/**
 * Until all of its good tasks run. A task that the engine's start made anew may meet the update and wait out its long
 * restart delay all the same; the update after it starts it at once.
 */
async function deployWell(api: EngineApi, sample: SampleService, isStopped: () => boolean): Promise<void> {
  for (let left = 3; left > 0 && !isStopped(); left--) {
    const service = await findService(api, sample);
    if (!service) return;
    await deploy(api, service, { script: scriptOf(sample, sample.script), isHalf: true });
    if (await becomesGood(api, sample, isStopped)) return;
  }
}

/** An update of two tasks takes as long as the delay between them, and some more. */
const goodSeconds = 25;

function becomesGood(api: EngineApi, sample: SampleService, isStopped: () => boolean): Promise<boolean> {
  const wanted = typeof sample.mode === "object" ? sample.mode.replicas : 1;
  return waitUntil(async () => isStopped() || (await countContainers(api, sample)) >= wanted, goodSeconds, 100);
}

async function deployOver(api: EngineApi, sample: SampleService, isStopped: () => boolean): Promise<void> {
  if (!(await becomesGood(api, sample, isStopped))) {
    throw new AppError("unexpected", `The sample service ${sample.name} did not start. See engine.log.`);
  }
  const service = await findService(api, sample);
  if (service && !isStopped())
    await deploy(api, service, { script: scriptOf(sample, sample.badScript), isHalf: false });
}

/**
 * Says on the service when it is only half restored, for a start after one that was stopped in between. Forced, because
 * tasks of before that Swarm still takes for running, or waits to start again, would else count as updated.
 */
async function deploy(
  api: EngineApi,
  { ID, Version, Spec }: Service,
  { script, isHalf }: { script: string; isHalf: boolean },
): Promise<void> {
  const spec = structuredClone(Spec);
  spec.TaskTemplate.ContainerSpec.Args = [script];
  spec.TaskTemplate.ForceUpdate = isHalf ? (spec.TaskTemplate.ForceUpdate ?? 0) + 1 : 0;
  delete spec.Labels[halfRestored];
  if (isHalf) spec.Labels[halfRestored] = "";
  await api.call("POST", `/services/${ID}/update?version=${Version.Index}`, spec);
}

function isHalfRestored({ Spec }: Service): boolean {
  return halfRestored in Spec.Labels;
}

function isAsLeft({ UpdateStatus, Spec }: Service, sample: SampleService): boolean {
  return (
    UpdateStatus?.State === "paused" && Spec.TaskTemplate.ContainerSpec.Args[0] === scriptOf(sample, sample.badScript)
  );
}

async function findService(api: EngineApi, { name }: SampleService): Promise<Service | null> {
  try {
    return await api.call<Service>("GET", `/services/${name}`);
  } catch (error) {
    if (error instanceof EngineRefusal && error.statusCode === 404) return null;
    throw error;
  }
}

/** What really runs: tasks are said to run for a while after their engine has ended. */
async function countContainers(api: EngineApi, { name }: SampleService): Promise<number> {
  const filters = JSON.stringify({ label: [`com.docker.swarm.service.name=${name}`] });
  const found = await api.call<unknown[]>("GET", `/containers/json?filters=${encodeURIComponent(filters)}`);
  return found.length;
}
