import "server-only";
import { eventActor } from "#lib/audit/actor.ts";
import { AppError } from "#lib/errors.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { event, secretsNamed } from "../pass.ts";
import { operationStore } from "../store.ts";
import type { OperationStore } from "../store-port.ts";
import { asSeen, refuseOneWay, requireOperation } from "./require-operation.ts";

/** No further service is begun; the present one is watched to its end. */
export async function requestStop(
  permit: Permit<"operation.stop">,
  store: OperationStore = operationStore(),
): Promise<void> {
  const operation = await requireOperation(store, permit.subject.operationId);
  if (operation.direction !== "forward") {
    throw new AppError("plan-changed", "It is being stopped or undone already. Look at it again.");
  }
  refuseOneWay(operation);
  const stopped = event(eventActor(permit.actor), {
    type: "operation.stop-requested",
    secrets: secretsNamed(operation),
  });
  await store.wish(
    operation.id,
    { direction: "stopping", event: stopped },
    { state: ["open"], direction: ["forward"], ...asSeen(operation) },
  );
}
