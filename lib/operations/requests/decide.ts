import "server-only";
import { eventActor } from "#lib/audit/actor.ts";
import { AppError } from "#lib/errors.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Attention } from "../ledger.ts";
import { event, secretsNamed } from "../pass.ts";
import type { AttentionChoice } from "../schema.ts";
import { operationStore } from "../store.ts";
import type { OperationStore } from "../store-port.ts";
import { requireKind, requireOperation } from "./require-operation.ts";

/** A person's answer to an operation that could not go on. The executor takes it up at its next look. */
export async function decideAttention(
  permit: Permit<"operation.decide">,
  choice: AttentionChoice,
  store: OperationStore = operationStore(),
): Promise<void> {
  const operation = await requireOperation(store, permit.subject.operationId);
  requireKind(operation, permit.subject);
  const { attention } = operation;
  if (!attention?.choices.includes(choice)) {
    throw new AppError("plan-changed", "This is not one of the choices any more. Look at the operation again.");
  }
  const decided = event(eventActor(permit.actor), {
    type: "operation.decided",
    choice,
    secrets: secretsNamed(operation),
  });
  await store.wish(
    operation.id,
    {
      state: "open",
      attention: { ...attention, choice, because: reasonOf(attention, choice, permit) },
      event: decided,
    },
    { state: ["needs-attention"], revision: operation.revision },
  );
}

/** Where no step has failed it is her own wish, and not the Swarm that was away, for which it is undone. */
function reasonOf(
  { because, stepKey }: Attention,
  choice: AttentionChoice,
  { actor }: Permit<"operation.decide">,
): string {
  if (choice !== "undo" || stepKey !== null) return because;
  return `${because} ${actor.type === "person" ? actor.name : "A person"} asked to undo it.`;
}
