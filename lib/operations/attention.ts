import "server-only";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { agreeing, counted, someOf } from "#lib/words.ts";
import { type Attention, isClosed, type LedgerStep, movedServiceIds, type Operation, stepsNamed } from "./ledger.ts";
import { hasIt } from "./now.ts";
import type { AttentionChoice, AttentionView, LaneView } from "./schema.ts";

type Services = ReadonlyMap<string, ServiceObject>;

/** What happened, what Skep did about it, and what each choice would do now. */
export function attentionOf(
  operation: Operation,
  lanes: readonly LaneView[],
  services?: Services,
): AttentionView | null {
  const { state, attention } = operation;
  if (state !== "needs-attention" || !attention) return null;
  return {
    sentence: attention.because,
    did: didOf(operation, attention),
    choices: attention.choices.map((choice) => ({
      choice,
      label: labels[choice],
      effect: effects[choice](operation, attention, namesOf(operation, lanes, services)),
    })),
  };
}

const labels: Record<AttentionChoice, string> = {
  "try-again": "Try again",
  undo: "Undo all",
  accept: "Leave as it is",
};

function didOf(operation: Operation, attention: Attention): string {
  const step = failedStep(operation, attention);
  if (!step) return "Skep has sent nothing since, and waits for you.";
  if (isRemoval(step)) return "What came before is done. Skep removed nothing more.";
  if (attention.direction === "undoing") {
    return "Skep was putting services back. It sent this one nothing more; the others are put back as far as they could be.";
  }
  const further = "and began no further service";
  return operation.plan.oldValueStaysValid
    ? `Skep left it as it was, ${further}.`
    : `The old value was said not to work any more, so Skep put nothing back, ${further}.`;
}

type Names = { moved: string[]; others: string[] };
type Effect = (operation: Operation, attention: Attention, names: Names) => string;

const effects: Record<AttentionChoice, Effect> = {
  "try-again"(operation, attention) {
    const step = failedStep(operation, attention);
    if (!step) return "Asks the Swarm again, and goes on where it stopped.";
    if (isRemoval(step)) return "Asks again whether anything needs it, and removes it if nothing does.";
    const once = `Looks at ${step.subjectName}, and sends it ${attention.direction === "undoing" ? "what it had before" : "the change"} once more if it has to`;
    const ahead = attention.direction === "stopping" ? 0 : waiting(operation, attention);
    return ahead === 0 ? `${once}.` : `${once}; then goes on with ${counted(ahead, "further service")}.`;
  },
  undo(operation, _attention, { moved: names }) {
    if (names.length === 0) return "Gives the new version up. No service has it.";
    const back = `Puts ${someOf(names)} back on what ${agreeing(names.length, "it", "they")} had`;
    return operation.plan.oldValueStaysValid ? `${back}.` : `${back}: the old value must work again by then.`;
  },
  accept(_operation, _attention, { moved, others }) {
    const parts = [
      ...(moved.length > 0 ? [`${someOf(moved)} ${agreeing(moved.length, "stays", "stay")} as changed`] : []),
      ...(others.length > 0 ? [`${someOf(others)} as before`] : []),
    ];
    return `Ends here${parts.length > 0 ? `: ${parts.join(", ")}` : ""}. Every version is kept.`;
  },
};

function failedStep({ steps }: Operation, { stepKey }: Attention): LedgerStep | undefined {
  return steps.find(({ key }) => key === stepKey);
}

function isRemoval({ name }: LedgerStep): boolean {
  return name === "remove" || name === "release";
}

/** Services that were not begun because of the trouble. */
function waiting(operation: Operation, attention: Attention): number {
  const subject = failedStep(operation, attention)?.subjectId;
  const rows = stepsNamed(operation, attention.direction === "undoing" ? "undo" : "move");
  return rows.filter(
    (row) => row.subjectId !== subject && row.attempt === 0 && (!isClosed(row) || row.facts.left === "stopped"),
  ).length;
}

/** By what services have at this moment, where that is known: the Swarm may have rolled one back. */
function namesOf(operation: Operation, lanes: readonly LaneView[], services: Services | undefined): Names {
  const ids = movedServiceIds(operation);
  const rows = stepsNamed(operation, "move").filter(({ subjectId }) => ids.includes(subjectId));
  const moved = new Set(rows.filter((row) => !services || hasIt(row, services)).map(({ subjectId }) => subjectId));
  const there = lanes.filter(({ state }) => state !== "gone");
  const names = (isMoved: boolean) =>
    there.filter(({ serviceId }) => moved.has(serviceId) === isMoved).map(({ serviceName }) => serviceName);
  return { moved: names(true), others: names(false) };
}
