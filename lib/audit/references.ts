import "server-only";
import { isSameAccess, pathOfTarget, type ReferenceChange, type SecretReference } from "#lib/swarm/schema.ts";

/** What changed between two states of a service's references, file by file. */
export function referenceChanges(before: SecretReference[], after: SecretReference[]): ReferenceChange[] {
  const old = byPath(before);
  const fresh = byPath(after);
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((path) => {
    const from = old.get(path);
    const to = fresh.get(path);
    const known = to ?? from;
    if (!known || (from && to && isSameReference(from, to))) return [];
    const { target, uid, gid, mode } = known;
    const isFileSet = from !== undefined && to !== undefined && !isSameAccess(from, to);
    return [
      {
        change: isFileSet ? "file-set" : from && to ? "replaced" : to ? "added" : "removed",
        target,
        fromObjectId: from?.objectId ?? null,
        fromObjectName: from?.objectName ?? null,
        toObjectId: to?.objectId ?? null,
        toObjectName: to?.objectName ?? null,
        uid,
        gid,
        mode,
        ...(isFileSet ? { fromFile: { uid: from.uid, gid: from.gid, mode: from.mode } } : {}),
      } satisfies ReferenceChange,
    ];
  });
}

type File = Pick<SecretReference, "objectId" | "uid" | "gid" | "mode">;

export function isSameReference(one: File, other: File): boolean {
  return one.objectId === other.objectId && isSameAccess(one, other);
}

/** `foo` and `/run/secrets/foo` are the same file. */
function byPath(references: SecretReference[]): Map<string, SecretReference> {
  return new Map(references.map((reference) => [pathOfTarget(reference.target), reference]));
}
