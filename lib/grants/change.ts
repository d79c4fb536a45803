import "server-only";
import { type ChangeOptions, changeOfKind } from "#lib/operations/planned-change.ts";
import type { PlannedChange, PlannedEdit } from "#lib/operations/schema.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import type { Facts } from "./facts.ts";

/** What editing a service's references does to its tasks. */
export function plannedChange(
  { kinds }: Facts,
  service: ServiceObject,
  edits: PlannedEdit[],
  options: ChangeOptions = {},
): PlannedChange {
  return changeOfKind(service, kinds.get(service.id) ?? "long-running", edits, options);
}

/** Skep itself goes last, what is left out is named at the end; otherwise by name. */
export function inOrder(changes: PlannedChange[], canaryServiceId: string | null): PlannedChange[] {
  const rank = ({ serviceId, leftOut, isSkep }: PlannedChange) => {
    if (leftOut) return 3;
    if (serviceId === canaryServiceId) return 0;
    return isSkep ? 2 : 1;
  };
  return changes.toSorted((a, b) => rank(a) - rank(b) || a.serviceName.localeCompare(b.serviceName));
}
