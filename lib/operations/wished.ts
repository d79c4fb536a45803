import "server-only";
import type { Operation } from "./ledger.ts";
import type { WishedOf } from "./store-port.ts";

/** Whether the operation still is what the person saw when she asked. */
export function isAsWished(
  operation: Pick<Operation, "state" | "direction" | "revision">,
  { state, direction = [operation.direction], revision = operation.revision }: WishedOf,
): boolean {
  return state.includes(operation.state) && direction.includes(operation.direction) && revision === operation.revision;
}
