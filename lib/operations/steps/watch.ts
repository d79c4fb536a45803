import "server-only";
import type { Verification } from "#lib/audit/schema.ts";
import { hasHealthCheck } from "#lib/swarm/kind.ts";
import type { TaskObject } from "#lib/swarm/schema.ts";
import { hasNewcomer, type Judgement, judge, runningIds, type Sight } from "../converge.ts";
import { kindNow, soakSecondsNow } from "../kind-now.ts";
import { findStep, isClosed, type LedgerStep, stepsNamed } from "../ledger.ts";
import type { Look, Pass, StepOutcome } from "../pass.ts";
import { canaryOf } from "../ready.ts";
import type { StepError, StepFacts } from "../step-facts.ts";

/** R5, R6: looks until the tasks run with what was sent, for as long as the soak lasts. Sends nothing. */
export async function watch(pass: Pass, step: LedgerStep, look: Look): Promise<StepOutcome> {
  const serviceId = step.subjectId;
  const sight = sightOf(pass, step, look);
  const judgement = judge(sight);
  switch (judgement.verdict) {
    case "gone":
    case "another-hand":
      if (judgement.verdict === "another-hand" && isAwaitedCanary(pass, step)) return askAboutCanary(step);
      return { outcome: "skipped", facts: { left: judgement.verdict, waitsFor: null }, unlock: [serviceId] };
    case "failed":
      return failed(pass, step, judgement, sight);
    case "updating":
    case "soaking":
      return goOn(pass, step, judgement, sight);
    case "converged": {
      const verification = verificationOf(judgement, sight);
      const { wanted, running } = judgement;
      return {
        outcome: "done",
        facts: { wanted, running, verification, soakUntil: null, waitsFor: null },
        unlock: [serviceId],
      };
    }
  }
}

/** Others wait for what it shows. Whoever took it back while it was watched may have meant all of them. */
function isAwaitedCanary({ operation }: Pass, { name, subjectId }: LedgerStep): boolean {
  if (name !== "watch" || operation.direction !== "forward" || canaryOf(operation) !== subjectId) return false;
  return stepsNamed(operation, "move").some((move) => !isClosed(move));
}

function askAboutCanary({ subjectId, subjectName }: LedgerStep): StepOutcome {
  const because = `Another hand changed ${subjectName}, the canary, before it had shown that the new version works. No other service was moved.`;
  return { outcome: "stuck", facts: { left: "another-hand", waitsFor: null }, unlock: [subjectId], because };
}

function sightOf({ operation, ports }: Pass, { name, subjectId, facts }: LedgerStep, look: Look): Sight {
  const service = look.services.get(subjectId);
  const tasks = look.tasks.get(subjectId) ?? [];
  const sent = findStep(operation, name === "watch-undo" ? "undo" : "move", subjectId)?.facts ?? {};
  return {
    service,
    tasks,
    now: ports.clock.now(),
    changes: sent.changes ?? [],
    priorTaskIds: sent.priorTaskIds ?? [],
    isResumed: sent.isResumed ?? false,
    kind: service ? kindNow(operation, service, tasks) : "long-running",
    soakSeconds: service ? soakSecondsNow(operation, service) : 0,
    soakTaskIds: facts.soakTaskIds ?? [],
    soakFrom: facts.soakFrom ?? null,
  };
}

async function goOn(
  pass: Pass,
  step: LedgerStep,
  judgement: Extract<Judgement, { verdict: "updating" | "soaking" }>,
  sight: Sight,
): Promise<StepOutcome> {
  const { wanted, running } = judgement;
  const { service, tasks, soakSeconds } = sight;
  const now = sight.now.getTime();
  const seen = step.facts.seenTaskIds ?? [];
  const isProgress = step.deadlineAt === null || wanted !== step.facts.wanted || hasNewcomer(sight, seen);
  const isSoaking = judgement.verdict === "soaking";
  const allowance = progressSeconds + (service?.updatePolicy.delaySeconds ?? 0) + soakSeconds;
  const deadlineAt = isProgress ? new Date(now + allowance * 1000).toISOString() : step.deadlineAt;
  const worst = isSoaking ? null : waitingTask(tasks);
  if (deadlineAt !== null && now >= Date.parse(deadlineAt)) {
    const text = worst?.error ?? `${running} of ${wanted} tasks run, and for ten minutes no further one began to.`;
    return failed(pass, step, { verdict: "failed", task: worst, text, wanted, running }, sight);
  }
  const facts: StepFacts = {
    wanted,
    running,
    seenTaskIds: [...new Set([...seen.filter((id) => tasks.some((task) => task.id === id)), ...runningIds(sight)])],
    waitsFor: worst?.error ?? null,
    soakTaskIds: isSoaking ? judgement.soakTaskIds : [],
    soakFrom: isSoaking ? judgement.soakFrom : null,
    soakUntil: isSoaking ? judgement.soakUntil : null,
  };
  return { outcome: "wait", seconds: pauseOf(judgement, now), facts, deadlineAt };
}

/** R6: without a further task reaching running, not in all. */
const progressSeconds = 600;
/** Task states have no events. Longer, and the next service starts later; shorter, and the manager is kept busy. */
const pollSeconds = 0.15;
const soakPollSeconds = 1;

function pauseOf(judgement: Extract<Judgement, { verdict: "updating" | "soaking" }>, now: number): number {
  if (judgement.verdict === "updating") return pollSeconds;
  const left = (Date.parse(judgement.soakUntil) - now) / 1000;
  return Math.min(Math.max(left, pollSeconds), soakPollSeconds);
}

async function failed(
  pass: Pass,
  step: LedgerStep,
  { task, text, wanted, running }: Extract<Judgement, { verdict: "failed" }>,
  { tasks }: Sight,
): Promise<StepOutcome> {
  const culprit = task ?? tasks.findLast(({ state }) => state === "failed" || state === "rejected") ?? null;
  const error: StepError = {
    task: culprit ? nameOfTask(step.subjectName, culprit) : null,
    node: culprit?.nodeId ? await nodeName(pass, culprit.nodeId) : null,
    text: (culprit?.error ?? text).slice(0, 300),
  };
  const facts = { error, wanted, running, soakUntil: null, waitsFor: null };
  const where = error.task ? ` ${error.task}${error.node ? ` on ${error.node}` : ""}:` : "";
  return { outcome: "failed", facts, because: `${step.subjectName} failed.${where} ${error.text}`.slice(0, 480) };
}

function nameOfTask(serviceName: string, { slot, nodeId, id }: TaskObject): string {
  return `${serviceName}.${slot ?? nodeId?.slice(0, 8) ?? id.slice(0, 8)}`;
}

/** The failure is worth telling without it. */
async function nodeName({ ports }: Pass, nodeId: string): Promise<string | null> {
  try {
    const nodes = await ports.swarm.listNodes();
    return nodes.find(({ id }) => id === nodeId)?.hostname ?? null;
  } catch {
    return null;
  }
}

/** One that cannot start says why: no suitable node, an image that cannot be pulled. */
function waitingTask(tasks: readonly TaskObject[]): TaskObject | null {
  return (
    tasks.find(({ error, desiredState, state }) => error && desiredState === "running" && state !== "running") ?? null
  );
}

function verificationOf(
  { isAsleep }: Extract<Judgement, { verdict: "converged" }>,
  { service, kind, tasks }: Sight,
): Verification {
  if (isAsleep) return "unverified-asleep";
  if (kind === "runs-to-end" && tasks.every(({ state }) => state !== "running")) return "verified";
  return service && hasHealthCheck(service) ? "verified" : "running-not-verified";
}
