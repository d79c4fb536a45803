import "server-only";
import type { EventActor, SwarmCall } from "#lib/audit/schema.ts";
import { callOutside, endOfCall, repeatCall } from "../call.ts";
import { secondsUntilLate, waitsForLate } from "../close-intent.ts";
import { isOnlyReleaseMissing } from "../gate.ts";
import { askGate, readForGate } from "../gate-facts.ts";
import type { GateReason } from "../gate-reason.ts";
import { gateText } from "../gate-text.ts";
import { findStep, isClosed, type LedgerStep, newStep, nextOrdinal } from "../ledger.ts";
import { type Pass, type StepOutcome, starterOf, systemActor } from "../pass.ts";
import { patienceOf } from "../patience.ts";
import type { PlannedRetirement } from "../schema.ts";
import type { KnownVersion } from "../store-port.ts";

/** R3: asks the gate afresh, lets quiet services forget where only that is left, and removes when nothing is. */
export async function remove(pass: Pass, step: LedgerStep): Promise<StepOutcome> {
  const { operation, ports } = pass;
  const planned = operation.plan.retire.find(({ versionId }) => versionId === step.subjectId);
  if (!planned) return { outcome: "skipped" };
  const object = await ports.swarm.findSecret(planned.objectId);
  if (!object) return gone(pass, step);
  if (step.facts.intent && operation.direction !== "forward") return close(pass, step);
  if (operation.direction !== "forward") return { outcome: "skipped" };
  const [version] = await ports.store.findVersions(operation.clusterId, [planned.objectId]);
  // R13: what Postgres does not know as ours is never removed.
  if (!version?.objectId) return { outcome: "skipped", facts: { heldBy: [] } };
  const [reasons = []] = await ask(pass, { ...version, objectId: version.objectId }, planned);
  if (reasons.length === 0) return send(pass, step, version, planned);
  if (isOnlyReleaseMissing(reasons)) return release(pass, step, reasons, planned);
  return wait(pass, step, reasons);
}

async function ask(pass: Pass, version: KnownVersion & { objectId: string }, { isStackConfirmed }: PlannedRetirement) {
  const { operation, ports } = pass;
  const reading = await readForGate(ports);
  // The plan's keep time is over, or a person said at once: that is why there is such a step.
  const own = { ...version, retireAfter: null };
  const question = { version: own, isStackConfirmed: isStackConfirmed ?? false, ownOperationId: operation.id };
  return askGate(ports, { clusterId: operation.clusterId, reading, now: pass.now() }, [question]);
}

async function send(
  pass: Pass,
  step: LedgerStep,
  version: KnownVersion,
  { objectId, objectName, secretId, secretName }: PlannedRetirement,
): Promise<StepOutcome> {
  const actor = starterOf(pass.operation);
  const secret = { id: secretId, name: secretName };
  const call: SwarmCall = { call: "secret.remove", objectId, objectName, version: version.number, secret };
  const remove = () => pass.ports.swarm.removeSecret(objectId);
  // It is still there, and a call that nobody answered may yet come: the same call again, and one of the two has the effect.
  if (step.facts.intent) {
    await repeatCall(pass, step, remove);
    return removed(step, actor);
  }
  const sent = await callOutside(pass, step, call, remove, { actor, isOnlyInThisDirection: true });
  return removed(sent.step, actor);
}

function removed(step: LedgerStep, actor: EventActor): StepOutcome {
  const ended = endOfCall(step, "applied", { actor });
  const facts = { heldBy: [], waitsFor: null };
  return { outcome: "done", ...ended, facts, records: [{ record: "version-removed", versionId: step.subjectId }] };
}

/** Removed by this operation's lost call, or by another hand: either way it is. */
function gone(pass: Pass, step: LedgerStep): StepOutcome {
  const ended = endOfCall(step, "applied", { actor: starterOf(pass.operation), seen: "the object is gone" });
  const facts = { heldBy: [], waitsFor: null };
  return { outcome: "done", ...ended, facts, records: [{ record: "version-removed", versionId: step.subjectId }] };
}

function close(pass: Pass, step: LedgerStep): StepOutcome {
  const { intent } = step.facts;
  const seconds = intent ? secondsUntilLate(pass, intent) : 0;
  if (seconds > 0) return { outcome: "wait", seconds: Math.min(seconds, 5), facts: { waitsFor: waitsForLate } };
  return { outcome: "skipped", ...endOfCall(step, "not-applied", { actor: systemActor, seen: "it is still there" }) };
}

/** A row per service: the ledger of what was sent to a service is one list. */
function release(pass: Pass, step: LedgerStep, reasons: GateReason[], { objectId }: PlannedRetirement): StepOutcome {
  const { operation } = pass;
  const first = nextOrdinal(operation);
  const services = reasons.filter((each) => each.reason === "previous-spec");
  const others = services.flatMap(({ serviceId, serviceName }, index): LedgerStep[] => {
    const known = findStep(operation, "release", serviceId);
    if (known && !isClosed(known)) return [];
    const fresh = newStep("release", { id: serviceId, name: serviceName }, known?.ordinal ?? first + index);
    return [{ ...fresh, attempt: known?.attempt ?? 0, facts: { objectId } }];
  });
  return { ...wait(pass, step, reasons), seconds: 0.25, others };
}

/** Old tasks take some seconds to end. Beyond that the operation ends, and the schedule goes on asking. */
function wait(pass: Pass, step: LedgerStep, heldBy: GateReason[]): StepOutcome {
  const { askedSince, isOver } = patienceOf(pass, step);
  const facts = { heldBy, askedSince, waitsFor: heldBy.map(gateText).join("; ") };
  if (!isOver && !heldBy.some(isLong)) return { outcome: "wait", seconds: 1, facts };
  // A removal whose end is not known was sent before: it is looked after first.
  if (!step.facts.intent) return { outcome: "skipped", facts };
  const closed = close(pass, step);
  return { ...closed, facts: { ...facts, ...closed.facts } };
}

function isLong(held: GateReason): boolean {
  if (held.reason === "task") return held.isNodeDown;
  if (held.reason === "previous-spec") return held.notReleasable !== null && held.notReleasable !== "busy";
  return held.reason !== "operation";
}
