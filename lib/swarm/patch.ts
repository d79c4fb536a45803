import "server-only";
import { AppError } from "#lib/errors.ts";
import { isFields, requireFields } from "./fields.ts";
import { itemTexts, memberText, withMember, withoutMember } from "./json-text.ts";
import { isReference, readReference, readReferences } from "./read-references.ts";
import {
  type FileAccess,
  isSameAccess,
  isSamePath,
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
 * Applies edits to the references of a spec as they were read, so that no edit meets what another one has done. Target,
 * order and whatever else a reference holds stay as they are, and so does everything else in the spec, unknown fields and
 * long numbers included. If nothing is to be changed, the very same spec comes back: sending that restarts nothing.
 */
export function applyEdits(
  spec: ServiceSpec,
  edits: readonly ReferenceEdit[],
): { spec: ServiceSpec; changes: ReferenceChange[] } {
  const text = specText(spec);
  const changes: ReferenceChange[] = [];
  const places = entriesIn(text).map(placeOf);
  for (const edit of edits) if (edit.edit !== "add") editPlaces(places, edit, changes);
  for (const edit of edits) if (edit.edit === "add") add(places, edit.reference, changes);
  if (changes.length === 0) return { spec, changes };
  const entries = places.flatMap(({ entry }) => entry ?? []);
  return { spec: specFromText(withEntries(text, entries)), changes };
}

/** The edits that put back what the changes did, on whatever the spec has become since. */
export function inverseEdits(changes: readonly ReferenceChange[]): ReferenceEdit[] {
  return changes.toReversed().flatMap((change): ReferenceEdit[] => {
    const from = endOf(change.fromObjectId, change.fromObjectName);
    const to = endOf(change.toObjectId, change.toObjectName);
    const { target, uid, gid, mode, fromFile } = change;
    if (from && to && fromFile) {
      return [{ edit: "set-file", objectId: to.objectId, target, to: from, ...fromFile }];
    }
    if (from && to) return [{ edit: "replaceEach", pairs: [{ fromObjectId: to.objectId, target, to: from }] }];
    if (to) return [{ edit: "remove", objectId: to.objectId, target }];
    return from ? [{ edit: "add", reference: { ...from, target, uid, gid, mode } }] : [];
  });
}

/** The same changes the other way round, the last one first: what holds once they are taken back. */
export function inverseChanges(changes: readonly ReferenceChange[]): ReferenceChange[] {
  const kinds = { added: "removed", removed: "added", replaced: "replaced", "file-set": "file-set" } as const;
  return changes.toReversed().map((each) => ({
    ...each,
    ...(each.fromFile ? { ...each.fromFile, fromFile: accessOf(each) } : {}),
    change: kinds[each.change],
    fromObjectId: each.toObjectId,
    fromObjectName: each.toObjectName,
    toObjectId: each.fromObjectId,
    toObjectName: each.fromObjectName,
  }));
}

/** One entry of the spec: what it was when it was read, and its text as it will be; null once it is taken out. */
type Place = { read: SecretReference | null; entry: Entry | null; isEdited: boolean };

function placeOf(entry: Entry): Place {
  return { read: referenceIn(entry), entry, isEdited: false };
}

type EditInPlace = Exclude<ReferenceEdit, { edit: "add" }>;

function editPlaces(places: Place[], edit: EditInPlace, changes: ReferenceChange[]): void {
  for (const place of places) {
    const { read, isEdited } = place;
    if (!read || isEdited || !concerns(edit, read)) continue;
    if (edit.edit === "remove") {
      changes.push(changeOf("removed", read, read, null));
      Object.assign(place, { entry: null, isEdited: true });
      continue;
    }
    const to = edit.edit === "replaceEach" ? pairFor(edit.pairs, read)?.to : edit.to;
    const access = accessOf(edit.edit === "set-file" ? edit : read);
    if (to) replace(place, read, { ...to, ...access }, changes);
  }
}

function concerns(edit: EditInPlace, { objectId, target }: SecretReference): boolean {
  if (edit.edit === "replace") return edit.fromObjectIds.includes(objectId);
  if (edit.edit === "replaceEach") return true;
  return edit.objectId === objectId && isSamePath(edit.target, target);
}

function pairFor<Pair extends { fromObjectId: string; target: string }>(pairs: Pair[], reference: SecretReference) {
  return pairs.find((pair) => pair.fromObjectId === reference.objectId && isSamePath(pair.target, reference.target));
}

function replace(place: Place, read: SecretReference, to: ObjectEnd & FileAccess, changes: ReferenceChange[]): void {
  const isAccessKept = isSameAccess(read, to);
  if (place.entry === null || (isAccessKept && to.objectId === read.objectId)) return;
  const change = changeOf(isAccessKept ? "replaced" : "file-set", { ...read, ...accessOf(to) }, read, to);
  changes.push(isAccessKept ? change : { ...change, fromFile: accessOf(read) });
  const moved = withMember(place.entry, "SecretID", JSON.stringify(to.objectId));
  const named = withMember(moved, "SecretName", JSON.stringify(to.objectName));
  Object.assign(place, { entry: isAccessKept ? named : withAccess(named, to), isEdited: true });
}

function withAccess(entry: Entry, { uid, gid, mode }: FileAccess): Entry {
  const file = memberText(entry, "File") ?? "{}";
  const owned = withMember(withMember(file, "UID", JSON.stringify(uid)), "GID", JSON.stringify(gid));
  return withMember(entry, "File", withMember(owned, "Mode", String(mode)));
}

/** Docker takes `x` and `/run/secrets/x` side by side, though they are one file: that is refused here. */
function add(places: Place[], reference: SecretReference, changes: ReferenceChange[]): void {
  const path = pathOfTarget(reference.target);
  const there = places.map(({ entry }) => entry && referenceIn(entry));
  const present = there.find((other) => other && pathOfTarget(other.target) === path);
  if (present && present.objectId === reference.objectId && isSameAccess(present, reference)) return;
  if (present) {
    throw new AppError(
      "plan-changed",
      `The service has ${present.objectName} at ${path} already. Choose another file name, or look at the plan again.`,
    );
  }
  changes.push(changeOf("added", reference, null, reference));
  const { target, uid, gid, mode, objectId, objectName } = reference;
  const file = { Name: target, UID: uid, GID: gid, Mode: mode };
  const entry = JSON.stringify({ File: file, SecretID: objectId, SecretName: objectName });
  places.push({ read: null, entry, isEdited: true });
}

function accessOf({ uid, gid, mode }: FileAccess): FileAccess {
  return { uid, gid, mode };
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
