import "server-only";
import { isRotatorCall } from "#lib/audit/schema.ts";
import { versionLabel } from "#lib/swarm/labels.ts";
import type { Spec } from "../model/tasks.ts";
import type { ReferenceEnd } from "../schema.ts";
import type { Change } from "./reference-diff.ts";
import { changesBetween, isEffective, isInverse } from "./reference-diff.ts";
import {
  anotherHand,
  type Followed,
  idsIn,
  isBusyState,
  referencesOf,
  type Sight,
  type WriteSeen,
  wasTouchedSince,
} from "./sight.ts";

/** What an update changes in the references; null where it is no update of a service that is there. */
function changesOf({ name, service, spec }: WriteSeen): Map<string, Change> | null {
  if (name !== "updateService" || !service || !spec) return null;
  return changesBetween(referencesOf(service.spec), referencesOf(spec));
}

function withoutSecrets({ TaskTemplate, ...rest }: Spec): string {
  const { Secrets: _, ...ContainerSpec } = TaskTemplate.ContainerSpec;
  return JSON.stringify({ ...rest, TaskTemplate: { ...TaskTemplate, ContainerSpec } });
}

/** R4: everything but the references goes back as it was, and those that stay keep their order. */
export function onlyReferences({ model }: Sight, _followed: Followed, write: WriteSeen): string[] {
  const { service, spec, subject } = write;
  // What was sent for another version is refused by Docker: then it says nothing of the spec as it is now.
  if (write.name !== "updateService" || !service || !spec || write.version !== service.index) return [];
  const found: string[] = [];
  if (withoutSecrets(service.spec) !== withoutSecrets(spec))
    found.push(`R4: more than references change in ${subject}`);
  const kept = (each: Spec, other: Spec) => {
    const targets = new Set(referencesOf(other).map(({ File }) => File.Name));
    return referencesOf(each).flatMap(({ File }) => (targets.has(File.Name) ? File.Name : []));
  };
  if (kept(service.spec, spec).join() !== kept(spec, service.spec).join())
    found.push(`R4: another order in ${subject}`);
  const ghosts = referencesOf(spec).filter(({ SecretID, SecretName }) => {
    const object = model.secrets.get(SecretID);
    return object !== undefined && object.name !== SecretName;
  });
  return [...found, ...ghosts.map(({ SecretName }) => `R4: ${subject} gets a wrong name, ${SecretName}`)];
}

/** R4, R7: forward only from the from-set to the planned end, and back exactly what was replaced. */
export function onlyWhatWasPlanned(_sight: Sight, followed: Followed, write: WriteSeen): string[] {
  const changes = changesOf(write);
  if (!changes || !isEffective(changes) || write.version !== write.service?.index) return [];
  const forward = followed.forward.get(write.subject);
  if (forward && isInverse(changes, forward)) return [];
  if (forward && followed.undone.size + followed.personsWish.size > 0 && !isForward(followed, changes, write)) {
    return [`R7: ${write.subject} gets back something else than it had: ${said(changes)}`];
  }
  return isForward(followed, changes, write)
    ? []
    : [`R4: ${write.subject} gets what the plan does not say: ${said(changes)}`];
}

function said(changes: ReadonlyMap<string, Change>): string {
  return [...changes].map(([target, { from, to }]) => `${target} ${from} → ${to}`).join(", ");
}

function isForward(
  { operation, made }: Followed,
  changes: ReadonlyMap<string, Change>,
  { subject }: WriteSeen,
): boolean {
  const { plan } = operation;
  const change = plan.changes.find(({ serviceId }) => serviceId === subject);
  const edits = (change ? [change] : plan.changes).flatMap((each) => each.edits);
  const ends = plan.create.map(({ versionId, secretId }) => ({
    edit: "replace" as const,
    fromObjectIds: plan.retire.filter((each) => each.secretId === secretId).map(({ objectId }) => objectId),
    to: { object: "created" as const, versionId },
  }));
  const isEnd = (end: ReferenceEnd, id: string | null) =>
    end.object === "existing" ? end.objectId === id : (made.get(end.versionId) ?? []).includes(id ?? "");
  return [...changes].every(([target, { from, to, isOtherFile }]) =>
    [...edits, ...(change ? [] : ends)].some((edit) => {
      if (edit.edit === "replace") return !isOtherFile && edit.fromObjectIds.includes(from ?? "") && isEnd(edit.to, to);
      if (edit.edit === "add") return from === null && edit.target === target && isEnd(edit.to, to);
      if (edit.edit === "remove") return to === null && edit.target === target && edit.objectId === from;
      return edit.target === target && isEnd(edit.to, to);
    }),
  );
}

/** R7: nothing is put back where the old value does not work any more, unless a person says so. */
export function undoOnlyWhereItMay(_sight: Sight, followed: Followed, write: WriteSeen): string[] {
  const changes = changesOf(write);
  const forward = followed.forward.get(write.subject);
  if (!changes || !forward || !isEffective(changes) || !isInverse(changes, forward)) return [];
  const mayUndo = followed.operation.plan.oldValueStaysValid || followed.personsWish.has("undo");
  const isUnseen = followed.operation.plan.create.some(({ value }) => value.from === "shown");
  return mayUndo || isUnseen ? [] : [`R7: ${write.subject} is put back onto a value that does not work`];
}

/** R7: the one that failed is put back first, unless somebody or the Swarm itself has changed it since. */
export function failedGoesFirst(sight: Sight, followed: Followed, write: WriteSeen): string[] {
  const { failedFirst, forward, undone, undosTried, startedAt } = followed;
  const changes = changesOf(write);
  const own = forward.get(write.subject);
  if (!changes || !own || !isEffective(changes) || !isInverse(changes, own) || undone.size > 0) return [];
  // Where it was tried in vain, a person is asked, and the others go back meanwhile.
  if (failedFirst === null || undosTried.has(failedFirst)) return [];
  const failed = sight.model.services.get(failedFirst);
  const isMoved = failed && forward.has(failed.id) && idsIn(failed.spec).some((id) => madeBy(followed).includes(id));
  if (!isMoved || failed.id === write.subject || wasTouchedSince(sight, failed.id, startedAt)) return [];
  return [`R7: ${write.subject} is put back before ${failed.id}, which failed`];
}

function madeBy({ made }: Followed): string[] {
  return [...made.values()].flat();
}

/** The canary alone, until it has shown that the new version works. Where all that is left is asleep, nothing can show it. */
export function canaryAlone(_sight: Sight, followed: Followed, write: WriteSeen): string[] {
  const { operation, forward, underWay, hasShown } = followed;
  const changes = changesOf(write);
  if (!changes || !isEffective(changes) || operation.plan.canaryServiceId === null || hasShown) return [];
  const sent = followed.open.flatMap(({ call }) => {
    return call.call === "service.update" && call.why === "move" ? [call.service.id] : [];
  });
  const asleep = new Set(operation.plan.changes.flatMap(({ kind, serviceId }) => (kind === "asleep" ? serviceId : [])));
  const others = [...underWay, ...sent].filter((id) => id !== write.subject && !asleep.has(id));
  const isBack = isInverse(changes, forward.get(write.subject) ?? new Map());
  return others.length === 0 || (forward.has(write.subject) && isBack)
    ? []
    : [`order: ${write.subject} is moved before ${others.join(", ")} has shown anything`];
}

/** R9: a service that one operation is at work on gets no update of another. */
export function oneAtATime({ operations }: Sight, followed: Followed, write: WriteSeen): string[] {
  if (write.name !== "updateService") return [];
  const others = [...operations.values()].filter((other) => other !== followed && other.holds.has(write.subject));
  return others.map(({ operation }) => `R9: ${write.subject} is at work for ${operation.id}`);
}

/**
 * R10: one effective change for each service and direction. One more is none of the engine's where nobody can know what
 * became of the one before, because another hand took it back, and the history says so.
 */
export function oneChangeEachWay({ lastHand }: Sight, followed: Followed, write: WriteSeen): string[] {
  const changes = changesOf(write);
  if (!changes || !isEffective(changes) || write.version !== write.service?.index) return [];
  if (followed.unsure.has(write.subject) && lastHand.get(write.subject)?.by !== followed.operation.id) return [];
  if (followed.undone.has(write.subject)) return [`R10: a third change of ${write.subject}`];
  const forward = followed.forward.get(write.subject);
  return forward && isForward(followed, changes, write) && !isInverse(changes, forward)
    ? [`R12: ${write.subject} is moved a second time`]
    : [];
}

/** R11: while Postgres is away, no call at all. What was lost in this very moment nobody knows yet. */
export function databaseIsThere({ databaseAwaySince }: Sight, _followed: Followed, write: WriteSeen): string[] {
  const isAway = databaseAwaySince !== null && databaseAwaySince < write.at;
  return isAway ? [`R11: ${write.name} ${write.subject} while Postgres is away`] : [];
}

/** R11: a failed call may have worked, so somebody looks before the next one. */
export function lookedFirst({ unseen }: Sight, { operation }: Followed, write: WriteSeen): string[] {
  return write.name !== "finish" && unseen.has(`${operation.id} ${write.subject}`)
    ? [`R11: ${write.name} ${write.subject} again without a look`]
    : [];
}

/** R14: an intent without an end, for this very call. */
export function writtenDown(_sight: Sight, { open }: Followed, write: WriteSeen): string[] {
  const { name, subject, version } = write;
  const isWritten = open.some(({ call }) => {
    if (isRotatorCall(call)) return call.call === `rotator.${name}` && call.rotator.id === subject;
    if (call.call === "secret.create") return name === "createSecret" && call.objectName === subject;
    if (call.call === "secret.remove") return name === "removeSecret" && call.objectId === subject;
    return (
      call.call === "service.update" &&
      name === "updateService" &&
      call.service.id === subject &&
      call.versionIndex === version
    );
  });
  return isWritten ? [] : [`R14: ${name} ${subject} without an intent`];
}

/** R15: after the fifth refusal a person is asked. Closing what is open may take five more. */
export function stopsAfterFive({ refusals }: Sight, { operation }: Followed, write: WriteSeen): string[] {
  const count = refusals.get(`${operation.id} ${write.subject}`) ?? 0;
  return count >= 10 ? [`R15: ${write.name} ${write.subject} was refused ${count} times and goes on`] : [];
}

/**
 * R16: whoever lost the right starts nothing more. What was written down before is brought to its end; where services
 * cannot sign in with what they have, so are they; and that the old password is not needed any more is told.
 */
export function stillAllowed(sight: Sight, followed: Followed, write: WriteSeen): string[] {
  const isSchedule = followed.operation.actor.type === "schedule";
  const lostAt = isSchedule ? sight.automationPausedAt : sight.roleLostAt;
  const changes = changesOf(write);
  if (
    lostAt === null ||
    write.isDisturbed ||
    followed.isOneWay ||
    write.name === "finish" ||
    (changes && !isEffective(changes))
  )
    return [];
  const version = followed.operation.plan.create.find(({ versionId }) => versionId === write.labels[versionLabel]);
  const subject = version?.secretId ?? write.subject;
  const isBegun = (followed.intendedAt.get(subject) ?? lostAt) <= lostAt || followed.forward.has(subject);
  return isBegun ? [] : [`R16: ${write.name} ${write.subject} is begun in the name of one who may not any more`];
}

/** R17: no update of a service that is at work, or stuck, by another hand. */
export function quietService({ lastHand }: Sight, { operation }: Followed, write: WriteSeen): string[] {
  const { service, subject, isDisturbed } = write;
  if (write.name !== "updateService" || !service || isDisturbed || write.version !== service.index) return [];
  const last = lastHand.get(subject)?.by ?? anotherHand;
  if (last === operation.id || !isBusyState(service)) return [];
  return [`R17: ${subject} is ${service.update?.state} by ${last}, and gets an update`];
}

/** R18: the Swarm that Postgres knows. It is asked every ten seconds. */
export function rightSwarm({ model, clusterSince, now }: Sight, { operation }: Followed, write: WriteSeen): string[] {
  const isOther = model.clusterId !== operation.plan.clusterId && now() - clusterSince > 10_000;
  return isOther ? [`R18: ${write.name} ${write.subject} in another Swarm`] : [];
}
