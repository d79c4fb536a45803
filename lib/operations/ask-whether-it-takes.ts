import "server-only";
import { mayPass } from "#lib/rotators/failure.ts";
import type { SecretValue } from "#lib/value.ts";
import type { LedgerStep } from "./ledger.ts";
import type { Pass, StepOutcome } from "./pass.ts";
import { patienceOf } from "./patience.ts";
import type { PlannedRotator } from "./planned-value.ts";
import { isOneWay, turnOf } from "./rotator-turn.ts";

/** As long as a Swarm that is away is waited for. */
const mostSeconds = 600;

/**
 * Whether the other side takes the password. Where the old one may be dead there is no way back, and this process alone
 * has the new one: then a side that is away for some minutes is waited for, and how long is in the outcome.
 */
export async function askWhetherItTakes(
  pass: Pass,
  step: LedgerStep,
  rotator: PlannedRotator,
  { at, password }: { at: string; password: SecretValue },
): Promise<boolean | StepOutcome> {
  const { operation, ports } = pass;
  try {
    return await ports.rotators.test(rotator, turnOf(operation, at), password);
  } catch (error) {
    const { askedSince, isOver } = patienceOf(pass, step, mostSeconds);
    if (!mayPass(error) || !isOneWay(operation) || isOver) throw error;
    return { outcome: "wait", seconds: 2, facts: { askedSince, waitsFor: `an answer of ${rotator.rotatorName}` } };
  }
}
