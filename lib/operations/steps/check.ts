import "server-only";
import { kindOf } from "#lib/swarm/kind.ts";
import type { ServiceObject, TaskObject } from "#lib/swarm/schema.ts";
import { allChanges, findStep, type LedgerStep, newStep, nextOrdinal, type Operation, stepsNamed } from "../ledger.ts";
import { type Pass, type StepOutcome, withFacts } from "../pass.ts";
import { changeOfKind } from "../planned-change.ts";
import type { PlannedChange, PlannedEdit } from "../schema.ts";

type Replace = Extract<PlannedEdit, { edit: "replace" }>;

/**
 * R12: looks at every service once more. New ones that name a from-object join, or are named where the operation is
 * being stopped; one that another hand moved back is named.
 */
export async function check(pass: Pass, step: LedgerStep): Promise<StepOutcome> {
  const { operation, ports } = pass;
  const services = await ports.swarm.listServices();
  const replaces = movesWholeSecrets(operation) ? replacesOf(operation) : [];
  const others = movedBack(operation, services, replaces);
  const known = new Set(allChanges(operation).map(({ serviceId }) => serviceId));
  const newcomers = services.filter(
    (service) => !known.has(service.id) && replaces.some((edit) => namesFrom(service, edit)),
  );
  if (newcomers.length === 0) return { outcome: "done", others };
  const tasks = await ports.swarm.listTasks({ serviceIds: newcomers.map(({ id }) => id) });
  const asked = allChanges(operation).map(({ soakSeconds }) => soakSeconds);
  const joined = newcomers.map((service) => {
    const change = joinedChange(service, tasks, replaces);
    return { ...change, soakSeconds: Math.max(change.soakSeconds, ...asked) };
  });
  const rows = rowsFor(operation, joined);
  if (operation.direction === "forward") return { outcome: "again", others: [...others, ...rows], step };
  return { outcome: "done", others: [...others, ...rows.flatMap(leftStopped)] };
}

/** Only these move a secret wherever it is; the others are about the services that they name. */
function movesWholeSecrets({ kind }: Operation): boolean {
  return ["rotate", "rotate-emergency", "roll-back", "move-rest"].includes(kind);
}

/** One edit per secret: from everything that the plan moves away from, to where it moves. */
function replacesOf({ plan }: Operation): Replace[] {
  const edits = plan.changes.flatMap(({ edits }) => edits.filter((edit) => edit.edit === "replace"));
  const byEnd = Map.groupBy(edits, ({ to }) => JSON.stringify(to));
  const planned = [...byEnd.values()].map((same): Replace => {
    const fromObjectIds = [...new Set(same.flatMap((edit) => edit.fromObjectIds))];
    return { edit: "replace", fromObjectIds, to: same[0]?.to as Replace["to"], targets: [] };
  });
  const made = plan.create.map(({ versionId, secretId }): Replace => {
    const fromObjectIds = plan.retire.filter((each) => each.secretId === secretId).map(({ objectId }) => objectId);
    return { edit: "replace", fromObjectIds, to: { object: "created", versionId }, targets: [] };
  });
  return [...planned, ...made.filter(({ to }) => !byEnd.has(JSON.stringify(to)))];
}

function namesFrom({ references }: ServiceObject, { fromObjectIds }: Replace): boolean {
  return references.some(({ objectId }) => fromObjectIds.includes(objectId));
}

function joinedChange(service: ServiceObject, tasks: readonly TaskObject[], replaces: Replace[]): PlannedChange {
  const kind = kindOf(service, tasks);
  const edits = replaces
    .filter((edit) => namesFrom(service, edit))
    .map((edit) => {
      const targets = service.references.filter(({ objectId }) => edit.fromObjectIds.includes(objectId));
      return { ...edit, targets: targets.map(({ target }) => target) };
    });
  return changeOfKind(service, kind, edits, { leftOut: kind === "runs-to-end" ? "runs-to-end" : null });
}

function rowsFor(operation: Operation, joined: PlannedChange[]): LedgerStep[] {
  const first = nextOrdinal(operation);
  return joined.flatMap((change, index): LedgerStep[] => {
    const subject = { id: change.serviceId, name: change.serviceName };
    const row = newStep("move", subject, first + index);
    const move = withFacts(row, { joined: change });
    if (change.leftOut !== null) return [{ ...move, state: "skipped" }];
    return [move, newStep("watch", subject, first + joined.length + index)];
  });
}

/** A person stopped it: they stay where they are, and the end says so. */
function leftStopped(row: LedgerStep): LedgerStep[] {
  return row.name === "move" ? [withFacts(row, { left: "stopped" }, { state: "skipped" })] : [];
}

/**
 * Moved by this operation, and found without its effect, or with what it had not when the plan was made: another hand did
 * that, and it is not moved again.
 */
function movedBack(
  operation: Operation,
  services: readonly ServiceObject[],
  replaces: readonly Replace[],
): LedgerStep[] {
  const byId = new Map(services.map((service) => [service.id, service]));
  return stepsNamed(operation, "move").flatMap((move): LedgerStep[] => {
    const { changes = [], isApplied } = move.facts;
    const service = byId.get(move.subjectId);
    const watch = findStep(operation, "watch", move.subjectId);
    if (!isApplied || !watch || watch.facts.left) return [];
    if (!service) return [withFacts(watch, { left: "gone" })];
    const fromIds = new Set(changes.map(({ fromObjectId }) => fromObjectId));
    const isBack = service.references.some(({ objectId }) => fromIds.has(objectId)) && isReplaced(changes);
    return isBack || replaces.some((edit) => namesFrom(service, edit))
      ? [withFacts(watch, { left: "another-hand" })]
      : [];
  });
}

function isReplaced(changes: readonly { change: string }[]): boolean {
  return changes.some(({ change }) => change === "replaced");
}
