import "server-only";
import { someOf } from "#lib/words.ts";
import { callOutside, endOfCall } from "../call.ts";
import type { LedgerStep } from "../ledger.ts";
import { type Pass, type StepOutcome, starterOf, systemActor } from "../pass.ts";
import { patienceOf } from "../patience.ts";
import type { PlannedRotator } from "../planned-value.ts";
import { callOf, requireRotator, turnOf, usersOf } from "../rotator-turn.ts";

/** Tells the other side that the old value is not needed any more. Nothing that still has it is shut out. */
export async function finish(pass: Pass, step: LedgerStep): Promise<StepOutcome> {
  const { operation, ports } = pass;
  if (operation.direction !== "forward") {
    const seen = "nobody waited for its answer";
    return { outcome: "skipped", ...endOfCall(step, "unknown", { actor: systemActor, seen }) };
  }
  const rotator = requireRotator(operation, step);
  // Told again, it has the same end: a lost answer needs no look.
  if (step.facts.intent) {
    return { outcome: "again", ...endOfCall(step, "unknown", { actor: systemActor, seen: "told again" }) };
  }
  const held = await heldBy(pass, rotator);
  if (held.length > 0) return wait(pass, step, held);
  const sent = await callOutside(
    pass,
    step,
    callOf("rotator.finish", rotator),
    (_attempt, at) => ports.rotators.finish(rotator, turnOf(operation, at)),
    { actor: starterOf(operation), isOnlyInThisDirection: true },
  );
  return {
    outcome: "done",
    ...endOfCall(sent.step, "applied", { actor: starterOf(operation) }),
    facts: { waitsFor: null },
  };
}

/** Of a value that leaked nobody is spared: it stops working now, as the plan said. */
async function heldBy(pass: Pass, rotator: PlannedRotator): Promise<string[]> {
  if (rotator.locksOld) return [];
  const users = await usersOf(pass, rotator, rotator.oldLogin);
  return users.map(({ serviceName, objectName }) => `${serviceName} still has ${objectName}`);
}

/** Old tasks take some seconds to end. What stays on the old version keeps it: then the other side is not told. */
function wait(pass: Pass, step: LedgerStep, held: readonly string[]): StepOutcome {
  const { askedSince, isOver } = patienceOf(pass, step);
  const facts = { askedSince, waitsFor: someOf([...held]) };
  return isOver ? { outcome: "skipped", facts } : { outcome: "wait", seconds: 1, facts };
}
