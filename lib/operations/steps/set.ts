import "server-only";
import { isRotatorFailure, mayHaveSet, mayPass } from "#lib/rotators/failure.ts";
import { someOf } from "#lib/words.ts";
import { askWhetherItTakes } from "../ask-whether-it-takes.ts";
import { callOutside, endOfCall } from "../call.ts";
import { counted } from "../failures.ts";
import type { LedgerStep } from "../ledger.ts";
import { type Pass, type StepOutcome, starterOf, systemActor } from "../pass.ts";
import { isChecked } from "../password-order.ts";
import { patienceOf } from "../patience.ts";
import type { PlannedRotator } from "../planned-value.ts";
import { callOf, requireRotator, turnOf, usersOf } from "../rotator-turn.ts";

/**
 * The other side takes the password that the new objects have, before any service gets one. Before the first object is
 * made, each of them is asked whether it would.
 */
export async function set(pass: Pass, step: LedgerStep): Promise<StepOutcome> {
  const { operation, made } = pass;
  // Whoever comes later has a higher generation: what was sent and not answered has no effect beside it.
  if (operation.direction !== "forward") {
    const seen = "whether it was set can only be asked with the password, which is gone";
    return { outcome: "skipped", ...endOfCall(step, "unknown", { actor: systemActor, seen }) };
  }
  const rotator = requireRotator(operation, step);
  if (!isChecked(step)) return check(pass, step, rotator);
  const password = made.find(rotator.rotatorId);
  if (!password) return { outcome: "again" };
  const { intent } = step.facts;
  if (!intent) return (await whileInUse(pass, step, rotator)) ?? send(pass, step, rotator);
  const answer = await askWhetherItTakes(pass, step, rotator, { at: intent.at, password });
  if (answer === true) return done(pass, step, "it takes the new password");
  if (answer !== false) return answer;
  const ended = endOfCall(step, "not-applied", {
    actor: starterOf(operation),
    seen: "it does not take the new password",
  });
  return { outcome: "again", ...ended, facts: { askedSince: undefined, waitsFor: null } };
}

/** What would refuse is found out while all is as it was. */
async function check({ ports }: Pass, step: LedgerStep, rotator: PlannedRotator): Promise<StepOutcome> {
  await ports.rotators.check(rotator);
  return { outcome: "again", step: { ...step, failures: 0, errorText: null }, facts: { isChecked: true } };
}

async function send(pass: Pass, step: LedgerStep, rotator: PlannedRotator): Promise<StepOutcome> {
  const { operation, ports, made } = pass;
  const now = ports.clock.now().toISOString();
  const { sent: before = null } = step.facts;
  try {
    const sent = await callOutside(
      pass,
      step,
      callOf("rotator.set", rotator),
      async (_attempt, at) => {
        const password = made.find(rotator.rotatorId);
        if (password) await ports.rotators.set(rotator, turnOf(operation, at), password);
      },
      { actor: starterOf(operation), facts: { sent: { since: before?.since ?? now } }, isOnlyInThisDirection: true },
    );
    return done(pass, sent.step, null);
  } catch (error) {
    if (!isRotatorFailure(error) || mayHaveSet(error)) throw error;
    const current = operation.steps.find(({ key }) => key === step.key) ?? step;
    const ended = endOfCall(current, "not-applied", { actor: starterOf(operation), seen: error.publicMessage });
    // What was sent before this call, also by another process, may still have been taken.
    const facts = { sent: before };
    if (mayPass(error)) return { ...counted(ended.step, error), events: ended.events, facts };
    return { outcome: "failed", ...ended, facts, because: error.publicMessage };
  }
}

function done({ operation }: Pass, step: LedgerStep, seen: string | null): StepOutcome {
  const ended = endOfCall(step, "applied", { actor: starterOf(operation), seen });
  const { intent, sent } = step.facts;
  const facts = { waitsFor: null, ...(intent && sent ? { sent: { ...sent, at: intent.at } } : {}) };
  return { outcome: "done", ...ended, facts };
}

/**
 * Of two logins, the one that gets the new password must be nobody's: whoever has it could not sign in any more. Tasks
 * that their service has replaced are waited for; a leak waits for them no longer than that, and for services not at all
 * where the plan said so.
 */
async function whileInUse(pass: Pass, step: LedgerStep, rotator: PlannedRotator): Promise<StepOutcome | null> {
  const { login, oldLogin, rotatorName, keepsOld, locksOld } = rotator;
  if (login === null || login === oldLogin || !keepsOld) return null;
  const users = await usersOf(pass, rotator, login);
  if (users.length === 0) return null;
  const { askedSince, isOver } = patienceOf(pass, step);
  const services = someOf(users.map(({ serviceName, objectName }) => `${serviceName} (${objectName})`));
  const isLeaving = users.every((user) => user.isLeaving);
  if (isLeaving && !isOver) {
    return { outcome: "wait", seconds: 1, facts: { askedSince, waitsFor: `the old tasks of ${services}` } };
  }
  if (isLeaving && locksOld) return null;
  const [who, way] = isLeaving
    ? [`An old task of ${services}`, "End it where it runs, then rotate again."]
    : [services, "Move it to the current version first, or revoke it there, on the secret's page; then rotate again."];
  const because = `${who} still has the password of ${login} at ${rotatorName}, which would stop working. ${way}`;
  return { outcome: "failed", because };
}
