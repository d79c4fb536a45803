import "server-only";
import { type LedgerStep, type Operation, rotatorsOf } from "./ledger.ts";

/**
 * In which order the other sides of a group are told: first all that keep the old value, side by side, and only when
 * they were seen to take the new one those that do not, one after another as the plan has them. Where one of these has
 * taken it there is no way back, so by then nothing else may be left that could refuse.
 */
export function readyPasswords({ plan }: Operation, open: readonly LedgerStep[]): LedgerStep[] {
  const steps = open.filter(({ name }) => name === "set" || name === "test");
  const oneWay = rotatorsOf(plan).flatMap(({ rotatorId, keepsOld }) => (keepsOld ? [] : rotatorId));
  const turns = [
    steps.filter(({ subjectId }) => !oneWay.includes(subjectId)),
    ...oneWay.map((id) => steps.filter(({ subjectId }) => subjectId === id)),
  ];
  const next = turns.find((turn) => turn.length > 0) ?? [];
  const sets = next.filter(({ name }) => name === "set");
  return sets.length > 0 ? sets : next;
}

/** Whoever was sent a password was asked before it, and is not asked again: then only what came of that counts. */
export function isChecked({ facts }: LedgerStep): boolean {
  return Boolean(facts.isChecked || facts.intent || facts.sent);
}

/** All of them are asked before anything is made. */
export function uncheckedSets(open: readonly LedgerStep[]): LedgerStep[] {
  return open.filter((step) => step.name === "set" && !isChecked(step));
}
