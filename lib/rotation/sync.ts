import "server-only";
import { database } from "#lib/db/client.ts";
import { isAppError } from "#lib/errors.ts";
import { readRecords, type SecretRecord } from "#lib/grants/records.ts";
import type { Ports } from "#lib/operations/ports.ts";
import { decide } from "#lib/policy/permit.ts";
import type { BindingMode } from "#lib/settings/schema.ts";
import type { Source } from "#lib/sources/contract.ts";
import { formerIdOf } from "#lib/sources/vault-version.ts";
import { changedValues } from "./changed-values.ts";
import { isSeenLast, isWanted, type Member, rotateFromSource } from "./from-source.ts";
import { mostSecrets } from "./schema.ts";

/** A binding as the round has claimed it. */
export type DueBinding = {
  id: string;
  secretId: string;
  path: string;
  mode: BindingMode;
  newestId: string | null;
  newestState: string | null;
  /** The version there that the Swarm has; null where nobody knows. */
  currentId: string | null;
  hasFailed: boolean;
  /** By Postgres's time: when it was claimed, and until when. */
  claimedAt: Date;
  claimedUntil: Date;
};

export type Looked = {
  newestId: string | null;
  newestState: "there" | "deleted" | null;
  /** By what is kept of it the newest version goes still: the same one, as it was called before its time was known. */
  formerId: string | null;
  /** Why the Swarm has something else for good; null where that is as it should be. */
  because: Why | null;
  /** The Swarm may want the newest version: `beginAt` decides that for all that is taken from its place. */
  mayBegin: boolean;
};

export type Why = { code: string; sentence: string };

/** Asks the source what there is now, and no value. Fails as the source does. */
export async function lookAtBinding(binding: DueBinding, source: Pick<Source, "versions">): Promise<Looked> {
  const found = await source.versions(binding.path, binding.newestId);
  const last = found.at(-1);
  const newestId = last?.state === "there" ? last.id : binding.newestId;
  // Nothing new: what was there is there, also where it was deleted once and somebody took that back.
  const newestState = last?.state ?? (newestId === null ? null : "there");
  const former = newestId === null ? null : formerIdOf(newestId);
  const formerId = [binding.newestId, binding.currentId].includes(former) ? former : null;
  const isCurrent = newestId === binding.currentId || (formerId !== null && formerId === binding.currentId);
  const isThere = newestState === "there" && newestId !== null;
  const mayBegin = isThere && !isCurrent && binding.mode === "by-itself";
  return { newestId, newestState, formerId, because: newestState === "deleted" ? deleted : null, mayBegin };
}

/** At the source only: what the Swarm has goes when a person retires it. */
const deleted: Why = {
  code: "source-not-found",
  sentence: "It was deleted at the source. The Swarm keeps what it has; unbind the secret, or restore it there.",
};

/** One place at a source, and the version that is the newest there. */
export type Place = { sourceId: string; path: string; newestId: string };

/**
 * Begins a rotation to the newest version of a place, of all secrets that take it by themselves: in one operation, so
 * that no service gets a new name with an old password. It goes by what holds, not by what was heard: what was missed
 * while either side was down is found by the next look. Resolves to why nothing was begun although something may have
 * changed; null where it was, or nothing was to be begun. Fails as the source does.
 */
export async function beginAt(
  { sourceId, path, newestId }: Place,
  clusterId: string,
  { source, ports }: { source: Pick<Source, "read">; ports: Ports },
): Promise<Why | null> {
  const records = await recordsSeeing({ sourceId, path, newestId }, clusterId);
  const wanted = records.filter((record) => isWanted(record, newestId)).slice(0, mostSecrets);
  const members = membersOf(wanted);
  if (members.length === 0 || (await ports.store.isAutomationPaused()) || (await isHeldBack(members, newestId))) {
    return null;
  }
  const open = await ports.store.findOpen(members.map(({ secretId }) => secretId));
  if (open.length > 0) return null;
  const setBy = await boundBy(members);
  const { changed, because } = await changedValues(wanted, { newestId, setBy, source });
  if (changed.length === 0) return because;
  return begin(membersOf(changed), newestId, { setBy, ports });
}

/** Resolves to why the Swarm refused it. */
async function begin(
  members: readonly Member[],
  newestId: string,
  { setBy, ports }: { setBy: string; ports: Ports },
): Promise<Why | null> {
  const secretIds = members.map(({ secretId }) => secretId);
  const permit = decide({ type: "schedule", setBy }, "secret.rotate", { secretIds });
  if (!permit) return null;
  try {
    const { id } = await rotateFromSource(permit, members, newestId, { ports });
    await countBegun(members, id, newestId);
    return null;
  } catch (error) {
    if (!isAppError(error) || error.code === "database-unreachable") throw error;
    // Another instance was first, and its operation says how it ends.
    if ((await ports.store.findOpen(secretIds)).length > 0) return null;
    return { code: error.code, sentence: error.publicMessage };
  }
}

function membersOf(records: readonly SecretRecord[]): Member[] {
  return records.flatMap(({ id, binding }) => (binding ? { secretId: id, bindingId: binding.id } : []));
}

/**
 * All that is taken from a place by itself, and none where another version was seen there since. What one look has seen
 * there is so for all of them: whoever was not looked at since waits for no look of its own, and moves with the others.
 */
async function recordsSeeing({ sourceId, path, newestId }: Place, clusterId: string): Promise<SecretRecord[]> {
  const ofPlace = { binding: { sourceId, path, mode: "by-itself" }, removedAt: null };
  const records = await readRecords(clusterId, ofPlace);
  if (!isSeenLast(records, newestId)) return [];
  const bindings = records.flatMap(({ binding }) => binding ?? []);
  const behind = bindings.filter((binding) => binding.newestId !== newestId);
  const seen = bindings.find((binding) => binding.newestId === newestId);
  if (behind.length === 0 || !seen) return records;
  // Whoever has seen something at that place since then knows better.
  await database().$executeRaw`
    UPDATE "Binding" SET "newestId" = ${newestId}, "newestState" = 'there', "newestSince" = ${seen.newestSince}::timestamptz
    WHERE "id" = ANY(${behind.map(({ id }) => id)})
      AND ("newestSince" IS NULL OR "newestSince" < ${seen.newestSince}::timestamptz)`;
  return readRecords(clusterId, ofPlace);
}

/** A person has stopped or undone the last one that was begun for this version: it is hers to begin the next. */
async function isHeldBack(members: readonly Member[], newestId: string): Promise<boolean> {
  const ids = members.map(({ bindingId }) => bindingId);
  const begun = await database().binding.findMany({ where: { id: { in: ids }, begunOf: newestId } });
  const operationId = { in: begun.flatMap(({ begunId }) => begunId ?? []) };
  const type = { in: ["operation.stop-requested", "operation.undo-requested"] };
  return (await database().auditEvent.count({ where: { operationId, type } })) > 0;
}

async function boundBy(members: readonly Member[]): Promise<string> {
  const [first] = members;
  const binding = await database().binding.findUnique({ where: { id: first?.bindingId ?? "" } });
  return binding?.boundBy ?? "Skep";
}

/** Begun again ever later: most that fail before an object is made would only do so again. */
async function countBegun(members: readonly Member[], operationId: string, newestId: string): Promise<void> {
  await database().$executeRaw`
    UPDATE "Binding" SET "begunId" = ${operationId}, "begunOf" = ${newestId},
      "begunCount" = CASE WHEN "begunOf" = ${newestId} THEN "begunCount" + 1 ELSE 1 END,
      "nextLookAt" = greatest("nextLookAt", now() + make_interval(secs => CASE WHEN "begunOf" = ${newestId}
        THEN least(900, 60 * 2 ^ least("begunCount", 10)) ELSE 0 END::double precision))
    WHERE "id" = ANY(${members.map(({ bindingId }) => bindingId)})`;
}
