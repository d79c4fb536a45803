import "server-only";
import { isAppError } from "#lib/errors.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import type { ServiceObject, ServiceSpec } from "#lib/swarm/schema.ts";
import { specFromJson, specJson } from "#lib/swarm/spec.ts";
import type { Spec } from "../model/tasks.ts";
import type { Planted } from "./planted.ts";

type Swap = (swarm: SwarmGateway) => Partial<SwarmGateway>;

type Found = { breaks: readonly string[]; draw: number };

function inSwarm(name: string, found: Found, swap: Swap): Planted {
  return { name, ...found, ports: (ports) => ({ ...ports, swarm: { ...bound(ports.swarm), ...swap(ports.swarm) } }) };
}

/** A proxy's methods, as an object that can be spread. */
function bound(swarm: SwarmGateway): SwarmGateway {
  return {
    readCluster: () => swarm.readCluster(),
    listNodes: () => swarm.listNodes(),
    listSecrets: (filter) => swarm.listSecrets(filter),
    findSecret: (id) => swarm.findSecret(id),
    listServices: (filter) => swarm.listServices(filter),
    findService: (id) => swarm.findService(id),
    listTasks: (filter) => swarm.listTasks(filter),
    listVolumes: () => swarm.listVolumes(),
    createSecret: (secret, value) => swarm.createSecret(secret, value),
    removeSecret: (id) => swarm.removeSecret(id),
    updateService: (id, index, spec) => swarm.updateService(id, index, spec),
    compareSecret: (object, value) => swarm.compareSecret(object, value),
  };
}

function seeing(change: (service: ServiceObject) => ServiceObject): Swap {
  return (swarm) => ({ listServices: async (filter) => (await swarm.listServices(filter)).map(change) });
}

function sending(change: (spec: Spec) => void): Swap {
  return (swarm) => ({ updateService: (id, index, spec) => swarm.updateService(id, index, changed(spec, change)) });
}

function changed(spec: ServiceSpec, change: (spec: Spec) => void): ServiceSpec {
  const json = structuredClone(specJson(spec)) as Spec;
  change(json);
  return specFromJson(json);
}

export const plantedInSwarm: readonly Planted[] = [
  inSwarm(
    "the gate forgets previous specs",
    { breaks: ["R3"], draw: 9 },
    seeing((service) => ({ ...service, previousReferences: null })),
  ),
  inSwarm("the gate forgets tasks that are about to end", { breaks: ["R3"], draw: 7 }, (swarm) => ({
    async listTasks(filter) {
      const tasks = await swarm.listTasks(filter);
      return filter ? tasks : tasks.filter(({ desiredState }) => desiredState !== "shutdown");
    },
  })),
  inSwarm(
    "the gate forgets stacks",
    { breaks: ["R3"], draw: 19 },
    seeing((service) => ({ ...service, stack: null })),
  ),
  inSwarm(
    "busy services look quiet",
    { breaks: ["R17"], draw: 420 },
    seeing((service) => ({ ...service, update: null })),
  ),
  inSwarm(
    "references are found by the beginning of their name",
    { breaks: ["R4"], draw: 4 },
    sending(({ TaskTemplate: { ContainerSpec } }) => {
      const [first] = ContainerSpec.Secrets ?? [];
      for (const each of ContainerSpec.Secrets ?? []) {
        if (first && each.SecretName.startsWith("db")) {
          Object.assign(each, { SecretID: first.SecretID, SecretName: first.SecretName });
        }
      }
    }),
  ),
  inSwarm(
    "owner and mode are lost on the way",
    { breaks: ["R4", "R7"], draw: 2 },
    sending(({ TaskTemplate: { ContainerSpec } }) => {
      for (const { File } of ContainerSpec.Secrets ?? []) Object.assign(File, { UID: "0", GID: "0", Mode: 0o644 });
    }),
  ),
  inSwarm(
    "references come back in another order",
    { breaks: ["R4"], draw: 4 },
    sending(({ TaskTemplate: { ContainerSpec } }) => ContainerSpec.Secrets?.reverse()),
  ),
  inSwarm(
    "every update forces a restart",
    { breaks: ["R4"], draw: 2 },
    sending(({ TaskTemplate }) => {
      TaskTemplate.ForceUpdate += 1;
    }),
  ),
  inSwarm("a conflict is overwritten", { breaks: ["R4", "R17", "R14"], draw: 403 }, (swarm) => ({
    async updateService(id, index, spec) {
      try {
        return await swarm.updateService(id, index, spec);
      } catch (error) {
        if (!isAppError(error, "swarm-conflict")) throw error;
        const now = await swarm.findService(id);
        return swarm.updateService(id, now?.versionIndex ?? index, spec);
      }
    },
  })),
  inSwarm("a call without an answer is sent again at once", { breaks: ["R11"], draw: 116 }, (swarm) => ({
    async updateService(id, index, spec) {
      try {
        return await swarm.updateService(id, index, spec);
      } catch (error) {
        if (!isAppError(error, "swarm-timeout")) throw error;
        return swarm.updateService(id, index, spec);
      }
    },
  })),
  inSwarm("a new object has no labels to be found by", { breaks: ["R2"], draw: 2 }, (swarm) => ({
    createSecret: (secret, value) => swarm.createSecret({ ...secret, labels: {} }, value),
  })),
  inSwarm("a number below the first is used", { breaks: ["R2"], draw: 2 }, (swarm) => ({
    createSecret(secret, value) {
      const name = secret.name.replace(/_v\d+$/, "_v0");
      return swarm.createSecret({ ...secret, name }, value);
    },
  })),
  inSwarm("the number of a version that is gone is used again", { breaks: ["R2"], draw: 87 }, (swarm) => ({
    async createSecret(secret, value) {
      const first = secret.name.replace(/_v\d+$/, "_v1");
      const isFree = (await swarm.listSecrets()).every(({ name }) => name !== first);
      return swarm.createSecret({ ...secret, name: isFree ? first : secret.name }, value);
    },
  })),
  inSwarm("what is removed is whatever nobody names", { breaks: ["R13", "R3"], draw: 9 }, (swarm) => ({
    async removeSecret(id) {
      await swarm.removeSecret(id);
      const named = new Set(
        (await swarm.listServices()).flatMap(({ references }) => references.map((each) => each.objectId)),
      );
      for (const other of await swarm.listSecrets()) if (!named.has(other.id)) await swarm.removeSecret(other.id);
    },
  })),
  inSwarm("any Swarm will do", { breaks: ["R18"], draw: 77 }, (swarm) => ({
    readCluster: async () => ({ ...(await swarm.readCluster()), id: "cluster-1" }),
  })),
];
