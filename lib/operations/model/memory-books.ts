import "server-only";
import { AppError } from "#lib/errors.ts";
import type { SecretSettings, VersionState } from "../schema.ts";
import type { RecordChange } from "../store-port.ts";
import { changeGrants, type GrantRow, seeGrants } from "./memory-grants.ts";

type SecretRow = { id: string; clusterId: string; name: string; settings: SecretSettings; removedAt: string | null };
export type VersionRow = {
  id: string;
  clusterId: string;
  secretId: string;
  number: number;
  objectId: string | null;
  objectName: string;
  sourceVersionId?: string | null;
  rotatorId?: string | null;
  login?: string | null;
  state: VersionState;
  retireAfter: number | null;
  retireRequestedBy: string | null;
  isStackConfirmed: boolean;
};
/** Secrets, versions and grants as Postgres would have them. */
export type Books = { secrets: Map<string, SecretRow>; versions: Map<string, VersionRow>; grants: GrantRow[] };

export function emptyBooks(): Books {
  return { secrets: new Map(), versions: new Map(), grants: [] };
}

function intend({ versions }: Books, change: Of<"version-intended">, { clusterId }: Context): void {
  const { versionId: id, secretId, number, objectName } = change;
  const { sourceVersionId = null, rotatorId = null, login = null } = change;
  const from = { sourceVersionId, rotatorId, login };
  versions.set(id, {
    id,
    clusterId,
    secretId,
    number,
    objectName,
    ...from,
    objectId: null,
    state: "pending",
    ...notRetiring,
  });
}

function forgetAdoption(books: Books, { secretId }: Of<"adoption-forgotten">): void {
  const { versions, secrets } = books;
  books.grants = books.grants.filter((grant) => grant.secretId !== secretId);
  for (const version of [...versions.values()]) if (version.secretId === secretId) versions.delete(version.id);
  secrets.delete(secretId);
}

function abandonedAt(retireAfter: number) {
  return { state: "abandoned", retireAfter, retireRequestedBy: "Skep" } as const;
}

/** The same row, by another ID. */
function giveUp({ versions }: Books, { versionId, as, keepSeconds }: Of<"version-given-up">, now: number): void {
  const row = versions.get(versionId);
  if (!row) return;
  versions.delete(versionId);
  versions.set(as, {
    ...row,
    id: as,
    ...abandonedAt(now + keepSeconds * 1000),
  });
}

type Of<R extends RecordChange["record"]> = Extract<RecordChange, { record: R }>;
type Context = { id: string; clusterId: string };

/** All of them or none. */
export function applyRecords(books: Books, changes: readonly RecordChange[], context: Context, now: number): void {
  const { secrets, versions, grants } = books;
  const after: Books = { secrets: new Map(secrets), versions: new Map(versions), grants: [...grants] };
  for (const change of changes) applyRecord(after, change, context, now);
  replace(secrets, after.secrets);
  replace(versions, after.versions);
  books.grants = after.grants;
}

function replace<T>(rows: Map<string, T>, after: Map<string, T>): void {
  rows.clear();
  for (const [id, row] of after) rows.set(id, row);
}

export function applyRecord(books: Books, change: RecordChange, context: Context, now: number): void {
  const { versions, secrets } = books;
  const at = new Date(now).toISOString();
  switch (change.record) {
    case "planned":
      applyPlanned(books, change, context);
      return;
    case "secret-forgotten":
      secrets.delete(change.secretId);
      return;
    case "adoption-forgotten":
      forgetAdoption(books, change);
      return;
    case "version-intended":
      intend(books, change, context);
      return;
    case "version-given-up":
      giveUp(books, change, now);
      return;
    case "version-forgotten":
      if (versions.get(change.versionId)?.objectId === null) versions.delete(change.versionId);
      return;
    case "version-current":
      promote(books, change);
      return;
    case "version-made":
      edit(books, change.versionId, { objectId: change.objectId });
      return;
    case "version-abandoned":
      edit(books, change.versionId, abandonedAt(now));
      return;
    case "version-not-set":
      edit(books, change.versionId, { rotatorId: null, login: null });
      return;
    case "version-retiring":
      edit(books, change.versionId, retiring(change, now));
      return;
    case "version-kept":
      edit(books, change.versionId, notRetiring);
      return;
    case "version-removed":
      remove(books, change.versionId, at);
      return;
    case "grants-changed":
      changeGrants(books, change);
      return;
    case "grants-seen":
      seeGrants(books, change);
      return;
    case "import-begun":
      return;
  }
}

function retiring({ keepSeconds, requestedBy, isStackConfirmed }: Of<"version-retiring">, now: number) {
  return { retireAfter: now + keepSeconds * 1000, retireRequestedBy: requestedBy, isStackConfirmed };
}

const notRetiring = { retireAfter: null, retireRequestedBy: null, isStackConfirmed: false };

function edit({ versions }: Books, versionId: string, over: Partial<VersionRow>): void {
  const version = versions.get(versionId);
  if (version) versions.set(versionId, { ...version, ...over });
}

function remove(books: Books, versionId: string, removedAt: string): void {
  const { versions, secrets } = books;
  edit(books, versionId, { state: "removed" });
  const secretId = versions.get(versionId)?.secretId ?? "";
  const isLast = [...versions.values()].every((each) => each.secretId !== secretId || each.state === "removed");
  const secret = secrets.get(secretId);
  if (isLast && secret) secrets.set(secretId, { ...secret, removedAt });
}

function applyPlanned({ secrets, versions }: Books, { planned }: Of<"planned">, { clusterId }: Context): void {
  if (planned.record === "take-over" || planned.record === "keep") return;
  if (planned.record === "edit") {
    const secret = secrets.get(planned.secretId);
    if (secret) secrets.set(planned.secretId, { ...secret, settings: planned.after });
    return;
  }
  const { secretId, name, settings } = planned;
  const isTaken = [...secrets.values()].some(
    (each) => each.removedAt === null && each.id !== secretId && each.name.toLowerCase() === name.toLowerCase(),
  );
  if (isTaken) throw new AppError("name-taken", `There is a secret named ${name} already.`, { field: "name" });
  secrets.set(secretId, { id: secretId, clusterId, name, settings, removedAt: null });
  if (planned.record === "create") return;
  const taken = planned.versions.find((version) => isKnown(versions, version));
  if (taken) throw new AppError("plan-changed", `${taken.objectName} was adopted by somebody else a moment ago.`);
  for (const { versionId, number, objectId, objectName, state } of planned.versions) {
    versions.set(versionId, {
      id: versionId,
      clusterId,
      secretId,
      number,
      objectId,
      objectName,
      state,
      ...notRetiring,
    });
  }
}

function isKnown(
  versions: Books["versions"],
  { versionId, objectId }: { versionId: string; objectId: string },
): boolean {
  return [...versions.values()].some((each) => each.id !== versionId && each.objectId === objectId);
}

function promote({ versions }: Books, { secretId, versionId, number }: Of<"version-current">): void {
  const isChosen = (version: VersionRow) =>
    versionId === undefined ? version.number === number : version.id === versionId;
  const own = [...versions.values()].filter((version) => version.secretId === secretId);
  if (!own.some((version) => isChosen(version) && version.state !== "removed")) return;
  for (const version of own) {
    if (isChosen(version)) versions.set(version.id, { ...version, state: "current", ...notRetiring });
    else if (version.state === "current") versions.set(version.id, { ...version, state: "previous" });
  }
}
