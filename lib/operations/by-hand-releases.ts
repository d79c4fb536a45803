import "server-only";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { releaseCommand } from "./by-hand-commands.ts";
import type { ByHandStep, ByHandUpdate, LeftSpecs } from "./by-hand-step.ts";
import { notReleasable } from "./gate.ts";
import type { GateReason } from "./gate-reason.ts";
import { kindNow } from "./kind-now.ts";
import type { Operation } from "./ledger.ts";
import type { SeenSwarm } from "./now.ts";

/** A service whose previous spec alone names these objects: Docker would remove them, and a rollback then fails. */
export type WayBack = {
  service: ServiceObject;
  objectIds: readonly string[];
  /** Why that way back is not to be taken away by hand either, by the gate's own rule. */
  reason: Extract<GateReason, { reason: "previous-spec" }>;
  /** Its rollout is to be over before. */
  isUnderWay: boolean;
};

/** Docker's ways back to these objects, as the updates of this page leave them. */
export function waysBackTo(
  objectIds: readonly string[],
  operation: Operation,
  { services, tasksByService }: SeenSwarm,
  updates: readonly ByHandUpdate[],
): WayBack[] {
  return [...services.values()].flatMap((service) => {
    const { id, name, update } = service;
    const leaves = updates.find((each) => each.leaves?.serviceId === id)?.leaves ?? null;
    const held = objectIds.filter((objectId) => isOnlyPrevious(leaves ?? asItIs(service), objectId));
    if (held.length === 0) return [];
    const isUnderWay = leaves !== null || update?.state === "updating";
    const after = isUnderWay ? { ...service, update: null } : service;
    const kind = kindNow(operation, service, tasksByService.get(id) ?? []);
    const of = { reason: "previous-spec", serviceId: id, serviceName: name } as const;
    return [{ service, objectIds: held, reason: { ...of, notReleasable: notReleasable(after, kind) }, isUnderWay }];
  });
}

/** The identical spec, as Skep's own release sends it. */
export function releaseStep({ service: { name }, isUnderWay }: WayBack, names: string, isLater: boolean): ByHandStep {
  const forgets = `Docker could still roll ${name} back to ${names}. The same spec once more takes that way back, and restarts no task.`;
  return {
    title: `${isLater ? "Later: let" : "Let"} ${name} forget its previous spec`,
    notes: [isUnderWay ? `${forgets} Its rollout has to have ended well before.` : forgets],
    commands: [releaseCommand(name)],
  };
}

function asItIs({ id, references, previousReferences }: ServiceObject): LeftSpecs {
  return { serviceId: id, references, previous: previousReferences ?? [] };
}

function isOnlyPrevious({ references, previous }: LeftSpecs, objectId: string): boolean {
  const names = (all: LeftSpecs["references"]) => all.some((each) => each.objectId === objectId);
  return names(previous) && !names(references);
}
