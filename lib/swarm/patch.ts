import "server-only";
import { AppError } from "#lib/errors.ts";
import { isFields, requireFields } from "./fields.ts";
import { itemTexts, memberText, withMember, withoutMember } from "./json-text.ts";
import { isReference, readReference, readReferences } from "./read-references.ts";
import {
  pathOfTarget,
  type ReferenceChange,
  type ReferenceEdit,
  type SecretReference,
  type ServiceSpec,
} from "./schema.ts";
import { specFromText, specJson, specText } from "./spec.ts";

type ObjectEnd = { objectId: string; objectName: string };
/** One entry of the spec's Secrets as it is written there. */
type Entry = string;

export function referencesIn(spec: ServiceSpec): SecretReference[] {
  return readReferences(requireFields(specJson(spec)));
}

/**
 * Applies edits one after another to the references of a spec. Target, uid, gid, mode, order and whatever else a
 * reference holds stay as they are, and so does everything else in the spec, unknown fields and long numbers included.
 * If nothing is to be changed, the very same spec comes back: sending that restarts nothing.
 */
export function applyEdits(
  spec: ServiceSpec,
  edits: readonly ReferenceEdit[],
): { spec: ServiceSpec; changes: ReferenceChange[] } {
  const text = specText(spec);
  const changes: ReferenceChange[] = [];
  let entries: readonly Entry[] = entriesIn(text);
  for (const edit of edits) entries = applyEdit(entries, edit, changes);
  if (changes.length === 0) return { spec, changes };
  return { spec: specFromText(withEntries(text, entries)), changes };
}

/** The edits that put back what the changes did, on whatever the spec has become since. */
export function inverseEdits(changes: readonly ReferenceChange[]): ReferenceEdit[] {
  return changes.toReversed().flatMap((change): ReferenceEdit[] => {
    const from = endOf(change.fromObjectId, change.fromObjectName);
    const to = endOf(change.toObjectId, change.toObjectName);
    const { target, uid, gid, mode } = change;
    if (from && to) return [{ edit: "replaceEach", pairs: [{ fromObjectId: to.objectId, target, to: from }] }];
    if (to) return [{ edit: "remove", objectId: to.objectId, target }];
    return from ? [{ edit: "add", reference: { ...from, target, uid, gid, mode } }] : [];
  });
}

/** The same changes the other way round, the last one first: what holds once they are taken back. */
export function inverseChanges(changes: readonly ReferenceChange[]): ReferenceChange[] {
  const kinds = { added: "removed", removed: "added", replaced: "replaced" } as const;
  return changes.toReversed().map((each) => ({
    ...each,
    change: kinds[each.change],
    fromObjectId: each.toObjectId,
    fromObjectName: each.toObjectName,
    toObjectId: each.fromObjectId,
    toObjectName: each.fromObjectName,
  }));
}

function applyEdit(entries: readonly Entry[], edit: ReferenceEdit, changes: ReferenceChange[]): readonly Entry[] {
  switch (edit.edit) {
    case "replace":
      return replaced(entries, ({ objectId }) => (edit.fromObjectIds.includes(objectId) ? edit.to : null), changes);
    case "replaceEach":
      return replaced(entries, (reference) => pairFor(edit.pairs, reference)?.to ?? null, changes);
    case "add":
      return added(entries, edit.reference, changes);
    case "remove":
      return removed(entries, edit, changes);
  }
}

function pairFor<Pair extends { fromObjectId: string; target: string }>(pairs: Pair[], reference: SecretReference) {
  return pairs.find((pair) => pair.fromObjectId === reference.objectId && pair.target === reference.target);
}

function replaced(
  entries: readonly Entry[],
  choose: (reference: SecretReference) => ObjectEnd | null,
  changes: ReferenceChange[],
): readonly Entry[] {
  return entries.map((entry) => {
    const reference = referenceIn(entry);
    const to = reference && choose(reference);
    if (!reference || !to || to.objectId === reference.objectId) return entry;
    changes.push(changeOf("replaced", reference, reference, to));
    const moved = withMember(entry, "SecretID", JSON.stringify(to.objectId));
    return withMember(moved, "SecretName", JSON.stringify(to.objectName));
  });
}

/** Docker takes `x` and `/run/secrets/x` side by side, though they are one file: that is refused here. */
function added(entries: readonly Entry[], reference: SecretReference, changes: ReferenceChange[]): readonly Entry[] {
  const path = pathOfTarget(reference.target);
  const present = entries.map(referenceIn).find((other) => other && pathOfTarget(other.target) === path);
  if (present?.objectId === reference.objectId) return entries;
  if (present) {
    throw new AppError(
      "plan-changed",
      `The service has ${present.objectName} at ${path} already. Choose another file name, or look at the plan again.`,
    );
  }
  changes.push(changeOf("added", reference, null, reference));
  const { target, uid, gid, mode, objectId, objectName } = reference;
  const file = { Name: target, UID: uid, GID: gid, Mode: mode };
  return [...entries, JSON.stringify({ File: file, SecretID: objectId, SecretName: objectName })];
}

function removed(
  entries: readonly Entry[],
  { objectId, target }: { objectId: string; target: string },
  changes: ReferenceChange[],
): readonly Entry[] {
  return entries.filter((entry) => {
    const reference = referenceIn(entry);
    if (reference?.objectId !== objectId || reference.target !== target) return true;
    changes.push(changeOf("removed", reference, reference, null));
    return false;
  });
}

function changeOf(
  change: ReferenceChange["change"],
  { target, uid, gid, mode }: SecretReference,
  from: ObjectEnd | null,
  to: ObjectEnd | null,
): ReferenceChange {
  return {
    change,
    target,
    uid,
    gid,
    mode,
    fromObjectId: from?.objectId ?? null,
    fromObjectName: from?.objectName ?? null,
    toObjectId: to?.objectId ?? null,
    toObjectName: to?.objectName ?? null,
  };
}

/** Entries that are no references to an object (of kinds still to come) pass through as they are. */
function referenceIn(entry: Entry): SecretReference | null {
  const fields: unknown = JSON.parse(entry);
  return isFields(fields) && isReference(fields) ? readReference(fields) : null;
}

function entriesIn(spec: string): Entry[] {
  const container = memberText(memberText(spec, "TaskTemplate") ?? "", "ContainerSpec") ?? "";
  return itemTexts(memberText(container, "Secrets") ?? "");
}

function withEntries(spec: string, entries: readonly Entry[]): string {
  const template = requireObject(memberText(spec, "TaskTemplate"));
  const container = requireObject(memberText(template, "ContainerSpec"));
  // Docker leaves out what is empty; so an added and removed reference leaves no trace.
  const changed =
    entries.length === 0
      ? withoutMember(container, "Secrets")
      : withMember(container, "Secrets", `[${entries.join()}]`);
  return withMember(spec, "TaskTemplate", withMember(template, "ContainerSpec", changed));
}

function requireObject(text: string | null): string {
  if (!text?.startsWith("{")) throw notContainers();
  return text;
}

function notContainers(): AppError {
  return new AppError("swarm-refused", "This service does not run containers, so it cannot hold secrets.");
}

function endOf(objectId: string | null, objectName: string | null): ObjectEnd | null {
  return objectId === null ? null : { objectId, objectName: objectName ?? "" };
}
