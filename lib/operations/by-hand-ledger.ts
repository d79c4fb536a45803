import "server-only";
import { findStep, type LedgerStep, movedServiceIds, type Operation, stepsNamed } from "./ledger.ts";

/** How far an operation came by its ledger alone: all that can be said before the Swarm was seen. */
export function ledgerLines(operation: Operation): string[] {
  const creates = stepsNamed(operation, "create");
  const moves = Map.groupBy(stepsNamed(operation, "move"), (step) => wordOf(operation, step));
  const named = (word: MoveWord) => (moves.get(word) ?? []).map(nameOf);
  return [
    ...line(
      "Made",
      creates.flatMap(({ facts }) => facts.object?.name ?? []),
    ),
    ...line("Not made", creates.filter(({ facts }) => !facts.object).map(nameOf)),
    ...moveWords.flatMap((word) => line(word, named(word))),
    ...line(
      "To be removed in the end",
      operation.plan.retire.map(({ objectName }) => objectName),
    ),
  ];
}

const moveWords = ["Moved", "Sent, and not answered", "Put back", "Not moved"] as const;
type MoveWord = (typeof moveWords)[number];

function wordOf(operation: Operation, { subjectId, facts }: LedgerStep): MoveWord {
  const undo = findStep(operation, "undo", subjectId);
  if (facts.intent || undo?.facts.intent) return "Sent, and not answered";
  if (movedServiceIds(operation).includes(subjectId)) return "Moved";
  return undo?.state === "done" ? "Put back" : "Not moved";
}

function line(what: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`${what}: ${names.join(", ")}.`];
}

function nameOf({ subjectName }: LedgerStep): string {
  return subjectName;
}
