import "server-only";
import { randomBytes, randomUUID } from "node:crypto";
import { systemClock } from "#lib/clock.ts";
import { generateValue } from "#lib/generate.ts";
import { withRotator } from "#lib/settings/opened-rotators.ts";
import { openedSource } from "#lib/settings/opened-sources.ts";
import { swarmGateway } from "#lib/swarm/connect.ts";
import type { Ports, Random, Rotators, ValueSources } from "./ports.ts";
import { operationStore } from "./store.ts";

export const ownRandom: Random = {
  id: randomUUID,
  fraction: Math.random,
  value: (generator) => generateValue(generator, randomBytes),
};

/** The executor's way to sources that are opened like this, by their IDs. */
export function sourcesBy(open: typeof openedSource): ValueSources {
  return {
    async read({ sourceId, path, take, sourceVersionId }) {
      const source = await open(sourceId);
      return (await source.read(path, take, sourceVersionId)).value;
    },
  };
}

export const ownSources = sourcesBy(openedSource);

/** The executor's way to rotators that are opened like this, by their IDs, for one call each. */
export function rotatorsBy(open: typeof withRotator): Rotators {
  return {
    check: ({ rotatorId, login }) =>
      open(rotatorId, async (rotator) => {
        await rotator.check({ only: login });
      }),
    set: ({ rotatorId, login }, turn, password) =>
      open(rotatorId, (rotator) => rotator.set({ ...turn, login }, password)),
    test: ({ rotatorId, login }, turn, password) =>
      open(rotatorId, (rotator) => rotator.test({ ...turn, login }, password)),
    finish: ({ rotatorId, login, oldLogin, locksOld }, turn) =>
      open(rotatorId, (rotator) => rotator.finish({ ...turn, login, oldLogin, locksOld })),
  };
}

export const ownRotators = rotatorsBy(withRotator);

/** The executor of this process: its database, its Swarm, the real time. */
export function ownPorts(): Ports {
  return {
    store: operationStore(),
    swarm: swarmGateway(),
    clock: systemClock,
    random: ownRandom,
    sources: ownSources,
    rotators: ownRotators,
  };
}
