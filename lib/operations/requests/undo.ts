import "server-only";
import { eventActor } from "#lib/audit/actor.ts";
import { AppError } from "#lib/errors.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { type Attention, findStep } from "../ledger.ts";
import { event, secretsNamed } from "../pass.ts";
import { operationStore } from "../store.ts";
import type { OperationStore } from "../store-port.ts";
import { asSeen, refuseOneWay, requireKind, requireOperation } from "./require-operation.ts";

/** Every service that was moved goes back to what it had. For one that waits for a decision, this is the decision. */
export async function requestUndo(
  permit: Permit<"operation.undo">,
  store: OperationStore = operationStore(),
): Promise<void> {
  const operation = await requireOperation(store, permit.subject.operationId);
  requireKind(operation, permit.subject);
  if (operation.direction === "undoing") {
    throw new AppError("plan-changed", "It is being undone already. Look at it again.");
  }
  if (findStep(operation, "record")?.state === "done") {
    throw new AppError("plan-changed", "Its services were moved and that was recorded. Roll the secret back instead.");
  }
  refuseOneWay(operation);
  const { actor } = permit;
  const because = `${actor.type === "person" ? actor.name : "A person"} asked to undo it.`;
  const stepKey = operation.attention?.stepKey ?? null;
  const attention: Attention = { because, direction: "forward", stepKey, choice: null, choices: [] };
  await store.wish(
    operation.id,
    {
      direction: "undoing",
      state: "open",
      attention,
      event: event(eventActor(actor), { type: "operation.undo-requested", secrets: secretsNamed(operation) }),
    },
    { state: ["open", "needs-attention"], direction: ["forward", "stopping"], ...asSeen(operation) },
  );
}
