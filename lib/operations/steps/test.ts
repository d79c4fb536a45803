import "server-only";
import { AppError } from "#lib/errors.ts";
import { askWhetherItTakes } from "../ask-whether-it-takes.ts";
import { counted } from "../failures.ts";
import { findStep, type LedgerStep } from "../ledger.ts";
import type { Pass, StepOutcome } from "../pass.ts";
import { requireRotator } from "../rotator-turn.ts";

/** Signs in with the new password, as a service would. Until that was seen, no service gets it. */
export async function test(pass: Pass, step: LedgerStep): Promise<StepOutcome> {
  const { operation, made } = pass;
  if (operation.direction !== "forward") return { outcome: "skipped" };
  const rotator = requireRotator(operation, step);
  const password = made.find(rotator.rotatorId);
  if (!password) return { outcome: "again" };
  const setAt = findStep(operation, "set", rotator.rotatorId)?.facts.sent?.at ?? operation.createdAt;
  const answer = await askWhetherItTakes(pass, step, rotator, { at: setAt, password });
  if (answer === true) return { outcome: "done", facts: { askedSince: undefined, waitsFor: null } };
  if (answer !== false) return answer;
  const { rotatorName, login } = rotator;
  const whose = login === null ? "the new password" : `the new password of ${login}`;
  const sentence = `${rotatorName} does not take ${whose}, although it was set. Look whether something else sets it too.`;
  // What was set may take a moment to be known everywhere.
  return counted(step, new AppError("rotator-refused", sentence));
}
