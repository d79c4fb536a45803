import "server-only";
import { randomBytes, randomUUID } from "node:crypto";
import { systemClock } from "#lib/clock.ts";
import { generateValue } from "#lib/generate.ts";
import { openedSource } from "#lib/settings/opened-sources.ts";
import { swarmGateway } from "#lib/swarm/connect.ts";
import type { Ports, Random, ValueSources } from "./ports.ts";
import { operationStore } from "./store.ts";

export const ownRandom: Random = {
  id: randomUUID,
  fraction: Math.random,
  value: (generator) => generateValue(generator, randomBytes),
};

export const ownSources: ValueSources = {
  async read({ sourceId, path, take, sourceVersionId }) {
    const source = await openedSource(sourceId);
    return (await source.read(path, take, sourceVersionId)).value;
  },
};

/** The executor of this process: its database, its Swarm, the real time. */
export function ownPorts(): Ports {
  return { store: operationStore(), swarm: swarmGateway(), clock: systemClock, random: ownRandom, sources: ownSources };
}
