import "server-only";
import { findStep, type Operation } from "./ledger.ts";
import type { OperationView } from "./schema.ts";

/** What Skep does when it comes back, and what that means for who works by hand: it goes on in the direction that it had. */
export function whenSkepReturns(operation: Operation, can: OperationView["can"]): string[] {
  if (operation.state === "needs-attention") return [needsAttention];
  switch (operation.direction) {
    case "forward":
      return [forward, beforeUndoing(can), ...(isAnyToMake(operation) ? [stranger] : [])];
    case "undoing":
      return [undoing, `If you finish by hand, ${lookFirst}`];
    case "stopping":
      return [stopping];
  }
}

const needsAttention =
  "When it comes back, it sends nothing until somebody decides on the operation's page. Decide there by what was done here.";
const forward =
  "When it comes back, it goes on forward: it moves every service that it had not moved yet, also after you have put others back.";
const undoing =
  "When it comes back, it goes on undoing: it puts back every service that it had moved and not put back yet, also after you have moved the others.";
const stopping = "When it comes back, it moves no further service, and watches to their end those that it had moved.";
const lookFirst = "do not start Skep again before somebody has looked at this operation.";
const stranger = "An object that you make by hand is a stranger to Skep: it then makes the one with the next number.";

const buttons = { "operation.stop": "Stop after this", "operation.undo": "Undo all" };

function beforeUndoing(can: OperationView["can"]): string {
  const names = (["operation.stop", "operation.undo"] as const)
    .filter((action) => can.includes(action))
    .map((action) => buttons[action]);
  const press = names.length > 0 ? `press ${names.join(" or ")}` : "have an operator stop or undo it";
  return `To undo by hand, ${press} on the operation's page first, as long as Skep answers. If it does not, ${lookFirst}`;
}

function isAnyToMake(operation: Operation): boolean {
  return operation.plan.create.some(({ versionId }) => !findStep(operation, "create", versionId)?.facts.object);
}
