import "server-only";
import { endOfCall } from "../call.ts";
import { closeIntent } from "../close-intent.ts";
import { settleUpdate } from "../effect.ts";
import { kindNow } from "../kind-now.ts";
import { isClosed, type LedgerStep, stepsNamed } from "../ledger.ts";
import { type Look, type Pass, type StepOutcome, starterOf } from "../pass.ts";
import { foundBefore, repeatUpdate, sendUpdate } from "../send-update.ts";

/**
 * The identical spec, by compare-and-swap: Docker's way back then leads nowhere, and no task restarts. Only on a quiet
 * service, and never on one that an update runs again.
 */
export async function release(pass: Pass, step: LedgerStep, look: Look): Promise<StepOutcome> {
  const actor = starterOf(pass.operation);
  if (pass.operation.direction !== "forward") return closeIntent(pass, step, look);
  const service = look.services.get(step.subjectId);
  const { intent, objectId } = step.facts;
  const isRunToEnd =
    service !== undefined && kindNow(pass.operation, service, look.tasks.get(service.id) ?? []) === "runs-to-end";
  if (intent) {
    const settled = settleUpdate(service, intent, step.facts);
    if (settled.result === "open" && service) {
      // It has run to its end since: to send it once more would run it once more.
      if (isRunToEnd) return closeIntent(pass, step, look);
      return repeatUpdate(pass, step, { service, spec: service.spec, actor });
    }
    const isReleased = !service?.previousReferences?.some((reference) => reference.objectId === objectId);
    const result = isReleased ? "applied" : "not-applied";
    const ended = endOfCall(step, result, {
      actor,
      seen: isReleased ? settled.seen : "it still has its previous spec",
    });
    return { outcome: isReleased ? "done" : "wait", ...ended, seconds: 0.1, unlock: [step.subjectId] };
  }
  if (!service?.previousReferences?.some((reference) => reference.objectId === objectId)) {
    return { outcome: "done", unlock: [step.subjectId] };
  }
  if (stepsNamed(pass.operation, "remove").every(isClosed)) return { outcome: "skipped" };
  if (!look.locked.has(service.id)) return { outcome: "wait", seconds: 1, facts: { waitsFor: "another operation" } };
  const isQuiet = service.update === null || service.update.state === "completed";
  const isInUse = service.references.some((reference) => reference.objectId === objectId);
  if (!isQuiet || isRunToEnd || isInUse) return { outcome: "skipped", unlock: [step.subjectId] };
  const facts = { found: await foundBefore(pass, service) };
  const update = { service, spec: service.spec, changes: [], why: "release", actor, facts } as const;
  const sent = await sendUpdate(pass, step, { ...update, changes: [] });
  if (sent.outcome !== "done") return { ...sent, unlock: [step.subjectId] };
  const after = await pass.ports.swarm.findService(service.id);
  return { ...sent, facts: { ...sent.facts, releasedAs: after?.versionIndex ?? null }, unlock: [step.subjectId] };
}
