import "server-only";
import type { LedgerStep, Operation } from "../ledger.ts";
import type { NewOperation, ServiceWrite, WritesAbout } from "../store-port.ts";

export function operationOf(given: NewOperation, now: number): Operation {
  const { id, plan, actor, steps, isValueInRequest } = given;
  return structuredClone({
    id,
    clusterId: plan.clusterId,
    kind: plan.kind,
    state: "open",
    direction: "forward",
    outcome: null,
    verification: null,
    plan,
    actor,
    attention: null,
    outage: null,
    isValueInRequest,
    createdAt: new Date(now).toISOString(),
    endedAt: null,
    nextWakeAt: null,
    revision: 0,
    steps,
  });
}

export function placeStep({ steps }: Operation, given: LedgerStep): void {
  const step = structuredClone(given);
  const index = steps.findIndex(({ key }) => key === step.key);
  if (index === -1) steps.push(step);
  else steps[index] = step;
}

/** What was sent to these services, in the order of time. */
export function writesIn(operations: readonly Operation[], clusterId: string, about: WritesAbout): ServiceWrite[] {
  const all = operations
    .filter((operation) => operation.clusterId === clusterId)
    .flatMap(({ steps }) => steps)
    .filter(({ name }) => name === "move" || name === "undo" || name === "release")
    .filter(({ facts }) => facts.isApplied || facts.isFenced)
    .map(({ name, subjectId, startedAt, facts }) => ({
      serviceId: subjectId,
      at: startedAt ?? "",
      changes: name !== "release" && facts.isApplied ? (facts.changes ?? []) : [],
      found: facts.found ?? null,
      isResumed: facts.isResumed ?? false,
      releasedAs: facts.releasedAs ?? null,
    }))
    .toSorted((a, b) => a.at.localeCompare(b.at));
  const services = new Set("serviceIds" in about ? about.serviceIds : servicesThatHad(all, about.objectIds));
  return all.filter(({ serviceId }) => services.has(serviceId));
}

function servicesThatHad(writes: readonly ServiceWrite[], objectIds: readonly string[]): string[] {
  const touched = writes.filter(({ changes }) =>
    changes.some(({ fromObjectId, toObjectId }) =>
      [fromObjectId, toObjectId].some((id) => id !== null && objectIds.includes(id)),
    ),
  );
  return touched.map(({ serviceId }) => serviceId);
}
