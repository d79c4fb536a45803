import "server-only";
import { endOfCall } from "../call.ts";
import type { StepName } from "../ledger.ts";
import { findStep } from "../ledger.ts";
import { type StepRun, systemActor } from "../pass.ts";
import { steps } from "../steps.ts";
import type { Planted } from "./planted.ts";

/** A step variant, made of the good step. */
type Found = { breaks: readonly string[]; draw: number };

function inStep(name: string, found: Found, step: StepName, variant: (good: StepRun) => StepRun): Planted {
  return {
    name,
    ...found,
    steps: () => {
      const { run } = steps[step];
      steps[step].run = variant(run);
      return () => {
        steps[step].run = run;
      };
    },
  };
}

export const plantedInSteps: readonly Planted[] = [
  inStep(
    "success is what Docker calls completed",
    { breaks: ["R5"], draw: 2 },
    "watch",
    (good) => async (pass, step, look) => {
      const service = look.services.get(step.subjectId);
      const outcome = await good(pass, step, look);
      const isCompleted = service?.update === null || service?.update.state === "completed";
      if (outcome.outcome !== "wait" || !isCompleted) return outcome;
      return { outcome: "done", facts: { verification: "verified" }, unlock: [step.subjectId] };
    },
  ),
  inStep("nobody waits for the soak", { breaks: ["R5"], draw: 2 }, "watch", (good) => async (pass, step, look) => {
    const outcome = await good(pass, step, look);
    if (!outcome.facts?.soakUntil) return outcome;
    return { outcome: "done", facts: { verification: "verified" }, unlock: [step.subjectId] };
  }),
  inStep(
    "undo goes to the first version there is",
    { breaks: ["R7", "R4"], draw: 196 },
    "undo",
    (good) => (pass, step, look) => {
      const move = findStep(pass.operation, "move", step.subjectId);
      const [first] = pass.operation.plan.retire;
      if (move?.facts.changes && first) {
        const changes = move.facts.changes.map((change) => ({
          ...change,
          fromObjectId: first.objectId,
          fromObjectName: first.objectName,
        }));
        Object.assign(move.facts, { changes });
      }
      return good(pass, step, look);
    },
  ),
  inStep(
    "newcomers stay where they are",
    { breaks: ["R12"], draw: 10 },
    "check",
    (good) => async (pass, step, look) => {
      const outcome = await good(pass, step, look);
      return outcome.outcome === "again" ? { outcome: "done" } : outcome;
    },
  ),
  inStep(
    "what another hand moved back is moved again",
    { breaks: ["R12", "R10"], draw: 384 },
    "watch",
    (good) => async (pass, step, look) => {
      const outcome = await good(pass, step, look);
      const move = findStep(pass.operation, "move", step.subjectId);
      if (outcome.facts?.left !== "another-hand" || !move) return outcome;
      const { intent: _, ...facts } = move.facts;
      return { outcome: "wait", seconds: 1, others: [{ ...move, state: "waiting", endedAt: null, facts }] };
    },
  ),
  inStep(
    "an object whose answer was lost is made once more",
    { breaks: ["R2", "R10", "R14"], draw: 23 },
    "create",
    (good) => async (pass, step, look) => {
      const { intent, number = 2 } = step.facts;
      if (!intent) return good(pass, step, look);
      const ended = endOfCall(step, "not-applied", { actor: systemActor });
      return { outcome: "again", ...ended, facts: { number: number + 1 } };
    },
  ),
  inStep(
    "a call without an answer counts as never sent",
    { breaks: ["R8", "R10", "R14"], draw: 617 },
    "move",
    (good) => async (pass, step, look) => {
      if (!step.facts.intent) return good(pass, step, look);
      return { outcome: "again", ...endOfCall(step, "not-applied", { actor: systemActor }) };
    },
  ),
  inStep(
    "a version goes before its services have left it",
    { breaks: ["R3"], draw: 2 },
    "record",
    (good) => async (pass, step, look) => {
      const outcome = await good(pass, step, look);
      for (const { objectId, keepSeconds } of pass.operation.plan.retire) {
        if (keepSeconds > 0) await pass.ports.swarm.removeSecret(objectId).catch(() => undefined);
      }
      return outcome;
    },
  ),
];
