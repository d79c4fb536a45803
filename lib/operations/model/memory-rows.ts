import "server-only";
import type { LedgerStep, Operation } from "../ledger.ts";
import type { NewOperation, ServiceWrite } from "../store-port.ts";

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

/** What was sent to each service that ever had one of the objects by Skep's hand, in the order of time. */
export function writesIn(
  operations: readonly Operation[],
  clusterId: string,
  objectIds: readonly string[],
): ServiceWrite[] {
  const all = operations
    .filter((operation) => operation.clusterId === clusterId)
    .flatMap(({ steps }) => steps)
    .filter(({ name }) => name === "move" || name === "undo" || name === "release")
    .filter(({ facts }) => facts.isApplied || facts.isFenced)
    .map(({ name, subjectId, startedAt, facts }) => ({
      serviceId: subjectId,
      at: startedAt ?? "",
      why: name as ServiceWrite["why"],
      changes: name !== "release" && facts.isApplied ? (facts.changes ?? []) : [],
      wasConfirmed: facts.wasConfirmed ?? false,
      isResumed: facts.isResumed ?? false,
    }))
    .toSorted((a, b) => a.at.localeCompare(b.at));
  const touched = all.filter(({ changes }) =>
    changes.some(({ fromObjectId, toObjectId }) =>
      [fromObjectId, toObjectId].some((id) => id !== null && objectIds.includes(id)),
    ),
  );
  const services = new Set(touched.map(({ serviceId }) => serviceId));
  return all.filter(({ serviceId }) => services.has(serviceId));
}
