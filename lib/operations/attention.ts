import "server-only";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { agreeing, counted, someOf } from "#lib/words.ts";
import { hasOpenCall } from "./failures.ts";
import { removedOf } from "./finish.ts";
import { isToGoOnFrom } from "./go-on-from.ts";
import {
  type Attention,
  findStep,
  isClosed,
  type LedgerStep,
  movedServiceIds,
  type Operation,
  stepsNamed,
} from "./ledger.ts";
import { hasIt } from "./now.ts";
import { atOtherSides, deadText, isOfRotator, leakedAt, leakText, oldPassword } from "./rotator-text.ts";
import { isOneWay } from "./rotator-turn.ts";
import type { AttentionChoice, AttentionView, LaneView } from "./schema.ts";
import { failedSteps } from "./take-up-choice.ts";

type Services = ReadonlyMap<string, ServiceObject>;

/** What happened, what Skep did about it, and what each choice would do now. */
export function attentionOf(
  operation: Operation,
  lanes: readonly LaneView[],
  services?: Services,
): AttentionView | null {
  const { state, attention } = operation;
  if (state !== "needs-attention" || !attention) return null;
  // What was last seen of a Swarm that is away says nothing of what Skep has sent to it since.
  const names = namesOf(operation, lanes, isAway(operation, attention) ? undefined : services);
  return {
    sentence: attention.because,
    did: didOf(operation, attention),
    choices: attention.choices.map((choice) => ({
      choice,
      label: labels[choice],
      effect: effects[choice](operation, attention, names),
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
  if (isOfRotator(step)) return didAtRotator(operation, step);
  if (isOfNoService(step)) return "What was sent to services stays as it is. Skep has sent nothing since.";
  if (attention.direction === "undoing") {
    return "Skep was putting services back. It sent this one nothing more; the others are put back as far as they could be.";
  }
  const further = "and began no further service";
  if (isOneWay(operation)) return `${oldPassword(operation)} works no more, so Skep put nothing back, ${further}.`;
  if (!operation.plan.oldValueStaysValid) {
    return `The old value was said not to work any more, so Skep put nothing back, ${further}.`;
  }
  return step.name === "watch"
    ? `It was updated. Skep put nothing back, ${further}.`
    : `Skep left it as it was, ${further}.`;
}

function didAtRotator(operation: Operation, { name, subjectId, subjectName }: LedgerStep): string {
  if (name !== "finish") return `No service was moved. ${atOtherSides(operation, subjectId)}`;
  return leakedAt(operation).includes(subjectName)
    ? `The services were moved. The password that has leaked may still work at ${subjectName}.`
    : `The services were moved. ${subjectName} was not seen to be told so.`;
}

function triedAtRotator({ name, subjectName }: LedgerStep): string {
  return name === "finish"
    ? `Tells ${subjectName} once more.`
    : `Sets the password at ${subjectName} once more, a fresh one where this one is lost, and goes on with the services.`;
}

type Names = { moved: string[]; others: string[] };
type Effect = (operation: Operation, attention: Attention, names: Names) => string;

const effects: Record<AttentionChoice, Effect> = {
  "try-again"(operation, attention) {
    const step = failedStep(operation, attention);
    if (!step) return "Asks the Swarm again, and goes on where it stopped.";
    if (isRemoval(step)) return "Asks again whether anything needs it, and removes it if nothing does.";
    if (isOfRotator(step)) return triedAtRotator(step);
    if (isOfNoService(step)) return "Looks once more, and goes on where it stopped.";
    const names = triedNames(operation, attention, step);
    const [it, had] = [agreeing(names.length, "it", "them"), agreeing(names.length, "it", "they")];
    const sent = attention.direction === "undoing" ? `what ${had} had before` : "the change";
    const once = `Looks at ${someOf(names)}, and sends ${it} ${sent} once more if it has to`;
    const ahead = attention.direction === "stopping" ? 0 : waiting(operation, attention);
    return ahead === 0 ? `${once}.` : `${once}; then goes on with ${counted(ahead, "further service")}.`;
  },
  undo(operation, attention, { moved: names }) {
    const { create, oldValueStaysValid } = operation.plan;
    if (isAway(operation, attention)) return undoWhileAway(operation, names);
    if (names.length === 0) {
      if (create.length === 0) return "Ends here. No service was changed.";
      return create.length === 1
        ? "Gives the new version up. No service has it."
        : "Gives the new versions up. No service has them.";
    }
    const leaked = operation.kind === "rotate-emergency" ? ", the value that leaked" : "";
    const back = `Puts ${someOf(names)} back on what ${agreeing(names.length, "it", "they")} had${leaked}`;
    return oldValueStaysValid ? `${back}.` : `${back}: the old value must work again by then.`;
  },
  accept(operation, _attention, { moved, others }) {
    const parts = [
      ...(moved.length > 0 ? [`${someOf(moved)} ${agreeing(moved.length, "stays", "stay")} as changed`] : []),
      ...(others.length > 0 ? [`${someOf(others)} as before`] : []),
    ];
    const gone = removedOf(operation).map(({ name }) => name);
    const kept =
      gone.length > 0
        ? `${someOf(gone)} ${agreeing(gone.length, "is", "are")} removed already; what is left is kept`
        : "Every version is kept";
    return `Ends here${parts.length > 0 ? `: ${parts.join(", ")}` : ""}.${deadText(operation)}${leakText(operation)}${givenUpText(operation)} ${kept}.`;
  },
};

/** What has a password of an other side, and does not become current: it was not seen to be taken, or services need no other. */
function givenUpText(operation: Operation): string {
  const rotated = operation.plan.create.filter(({ value }) => value.from === "rotator");
  const given = rotated.filter((version) => !isToGoOnFrom(operation, version));
  const names = given.flatMap(({ versionId }) => findStep(operation, "create", versionId)?.facts.object?.name ?? []);
  return names.length === 0 ? "" : ` ${someOf(names)} ${agreeing(names.length, "is", "are")} given up.`;
}

/** No step has failed: the Swarm could not be asked. */
function isAway(operation: Operation, attention: Attention): boolean {
  return failedStep(operation, attention) === undefined;
}

/** By the ledger alone, and with what waits until the Swarm answers. */
function undoWhileAway(operation: Operation, names: readonly string[]): string {
  const isAnyOpen = operation.steps.some((step) => !isClosed(step) && hasOpenCall(step));
  const isMaking = operation.plan.create.length > 0;
  if (names.length === 0 && !isAnyOpen) {
    return `Begins nothing more and ends here, without the Swarm. No service was changed${isMaking ? "; what was made is given up" : ""}.`;
  }
  const open = isAnyOpen ? ["looks what became of the call that was not answered"] : [];
  const what = names.length > 0 ? someOf(names) : "what it has changed";
  const had = names.length > 0 ? `on what ${agreeing(names.length, "it", "they")} had` : "";
  const back = [...open, `puts ${what} back ${had}`.trim()].join(" and ");
  const valid = operation.plan.oldValueStaysValid ? "" : ": the old value must work again by then";
  return `Begins nothing more. When the Swarm answers again, ${back}${valid}.`;
}

function failedStep({ steps }: Operation, { stepKey }: Attention): LedgerStep | undefined {
  return steps.find(({ key }) => key === stepKey);
}

function isRemoval({ name }: LedgerStep): boolean {
  return name === "remove" || name === "release";
}

/** The history or the ledger, and no service: it has no name to be told by. */
function isOfNoService({ subjectName }: LedgerStep): boolean {
  return subjectName === "";
}

/** Every service of which something failed: they are all looked at again, not only the one that is told of. */
function triedNames(operation: Operation, { direction }: Attention, told: LedgerStep): string[] {
  const way = direction === "undoing" ? ["undo", "watch-undo"] : ["move", "watch"];
  const failed = failedSteps(operation).filter(({ name }) => way.includes(name));
  return [...new Set([told, ...failed].map(({ subjectName }) => subjectName))];
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
