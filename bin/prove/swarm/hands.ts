import type { EngineApi } from "#lib/ground/engine-api.ts";
import { sampleImage } from "#lib/ground/sample-image.ts";
import type { Manager } from "./managers.ts";
import { otherImage } from "./managers.ts";
import type { Rotation } from "./rotation.ts";

type Reference = { SecretID: string; SecretName: string };
type ContainerSpec = { Image: string; Env?: string[]; Secrets?: Reference[]; Labels?: Record<string, string> };
export type SpecJson = {
  Name: string;
  TaskTemplate: { ContainerSpec: ContainerSpec };
  Mode: { Replicated: { Replicas: number } };
};
export type ServiceJson = { ID: string; Version: { Index: number }; Spec: SpecJson; PreviousSpec?: SpecJson };

/** Whichever manager answers, for the hands of others and for the judge. */
export function anyManager(managers: readonly Manager[]): EngineApi {
  return {
    async call(method, path, body) {
      let failure: unknown;
      for (const { api } of managers) {
        try {
          return await api.call(method, path, body);
        } catch (error) {
          failure = error;
          // It answered: another one would say the same.
          if (isFinal(error)) break;
        }
      }
      throw failure;
    },
  };
}

function isFinal(error: unknown): boolean {
  const { statusCode, message } = error as { statusCode?: number; message: string };
  return statusCode !== undefined && statusCode !== 503 && !/leader|deadline|Unavailable/.test(message);
}

/** A spec without its references to secrets, in one order of keys. */
export function canonicalRest({ Spec }: Pick<ServiceJson, "Spec">): string {
  const { Secrets: _, ...rest } = Spec.TaskTemplate.ContainerSpec;
  return sorted({ ...Spec, TaskTemplate: { ...Spec.TaskTemplate, ContainerSpec: rest } });
}

function sorted(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(sorted).join()}]`;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${sorted(each)}`).join()}}`;
}

/** Somebody changes what runs: image, environment and number of tasks at once. The references stay as they are. */
export function edit(rotation: Rotation, serviceId: string): Promise<void> {
  return change(rotation, serviceId, (spec) => {
    const container = spec.TaskTemplate.ContainerSpec;
    container.Image = container.Image === sampleImage ? otherImage : sampleImage;
    container.Env = [...(container.Env ?? []), `EDITED=${Date.now()}`];
    spec.Mode.Replicated.Replicas += 1;
  });
}

/**
 * What a deploy of the stack sends to each of its services: the spec of its file. The file names the old object, as it
 * did when the stack was first deployed, or the new one, where somebody has changed the line.
 */
export async function redeploy(rotation: Rotation, fileNames: "old" | "new"): Promise<void> {
  const { objectId, objectName, name } = rotation.secret;
  const fresh = (await rotation.scene.stage.gateway.listSecrets()).find((object) => object.name === `${name}_v2`);
  const named = fileNames === "new" && fresh ? fresh : { id: objectId, name: objectName };
  for (const { id } of rotation.services) {
    try {
      await change(rotation, id, (spec) => deploy(spec, rotation.turn, named));
    } catch (error) {
      // The object is gone, as somebody who confirmed the line was told: the deploy stops half-way.
      if (!/not found/.test((error as Error).message)) throw error;
      return;
    }
  }
}

function deploy(
  { TaskTemplate: { ContainerSpec } }: SpecJson,
  turn: number,
  named: { id: string; name: string },
): void {
  ContainerSpec.Labels = { ...ContainerSpec.Labels, deployed: String(turn) };
  ContainerSpec.Secrets = (ContainerSpec.Secrets ?? []).map((reference) => {
    return { ...reference, SecretID: named.id, SecretName: named.name };
  });
}

/** By compare-and-swap, as Docker's own client does it; whoever comes too late reads again. */
async function change(rotation: Rotation, serviceId: string, make: (spec: SpecJson) => void): Promise<void> {
  const { api } = rotation.ground.stage;
  for (let attempt = 1; ; attempt += 1) {
    const { Version, Spec } = await rotation.read(serviceId);
    make(Spec);
    try {
      await api.call("POST", `/services/${serviceId}/update?version=${Version.Index}`, Spec);
      rotation.rests.set(serviceId, canonicalRest({ Spec }));
      return;
    } catch (error) {
      if (attempt === 10 || !/out of sequence/.test((error as Error).message)) throw error;
    }
  }
}
