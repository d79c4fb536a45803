import "server-only";
import { isAllowed } from "#lib/policy/rules.ts";
import type { Action, Actor, SubjectOf } from "#lib/policy/schema.ts";
import type { Operation } from "./ledger.ts";
import type { Plan } from "./schema.ts";
import type { OperationStore } from "./store-port.ts";

/** R16: why whoever started the operation may start nothing more of it; null when she may. */
export async function mayGoOn(
  operation: Operation,
  store: Pick<OperationStore, "findRole" | "isAutomationPaused">,
): Promise<string | null> {
  const { actor } = operation;
  if (actor.type === "person") {
    const role = await store.findRole(actor.personId);
    if (role === null) return `The account of ${actor.name} was disabled, so nothing more is started in this name.`;
    if (mayStill({ ...actor, role }, operation)) return null;
    return `${actor.name} may no longer do this, so nothing more is started in this name.`;
  }
  if (await store.isAutomationPaused()) return "Automatic work is paused, so nothing more is started.";
  return null;
}

/** Services go to a value that has leaked: what its plan said when it was begun. */
export function isToLeaked({ warnings }: Pick<Plan, "warnings">): boolean {
  return warnings.some(({ code }) => code === "version-leaked");
}

function mayStill(actor: Actor, { kind, plan }: Operation): boolean {
  const action: Action = `secret.${kind}`;
  const isAcrossStacks = plan.warnings.some(({ code }) => code === "across-stacks");
  const secretIds = plan.secrets.map(({ secretId }) => secretId);
  const secretId = secretIds[0] ?? "";
  const subject = { secretId, secretIds, isAcrossStacks, isLeaked: isToLeaked(plan), objectIds: [] };
  // A new secret that goes to several stacks is a grant across them, too.
  if (isAcrossStacks && !isAllowed(actor, "secret.grant", subject)) return false;
  return isAllowed(actor, action, subject as SubjectOf<typeof action>);
}
