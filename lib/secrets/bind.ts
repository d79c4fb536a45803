import "server-only";
import { eventActor } from "#lib/audit/actor.ts";
import { appendAudit } from "#lib/audit/append.ts";
import { database } from "#lib/db/client.ts";
import { takeLock } from "#lib/db/lock.ts";
import { notify } from "#lib/db/notify.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import { readFacts, requireRecord } from "#lib/grants/facts.ts";
import type { SecretRecord } from "#lib/grants/records.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import { openedSource } from "#lib/settings/opened-sources.ts";
import { fieldsOfTemplate } from "#lib/sources/template.ts";
import { isSameAsNow } from "./compare.ts";
import type { BindInput } from "./schema.ts";

type Bound = {
  /** The version there that the Swarm has already; null where it has another value, or nobody could tell. */
  agreesWith: string | null;
};

/**
 * From now on the secret's values come from this source. It is asked first: a path or field that gives no value is
 * refused here. What the Swarm has is compared, so that nothing is rotated to the value that is there.
 */
export async function bindSecret(
  permit: Permit<"secret.bind">,
  { sourceId, path, take, mode, oldStaysValid }: BindInput,
): Promise<Bound> {
  const { actor, subject } = permit;
  const { secretId } = subject;
  if (take.take === "template") fieldsOfTemplate(take.template);
  const facts = await readFacts({ id: secretId });
  const record = requireRecord(facts, secretId);
  refuseBound(record);
  const source = await openedSource(sourceId);
  const [newest] = await source.versions(path, null);
  const { versionId, value } = await source.read(path, take, newest?.id ?? null);
  let isSame = false;
  try {
    const compare = decide(actor, "secret.compare", { secretId });
    isSame = compare !== null && (await isSameAsNow(compare, value, { facts }));
  } finally {
    value.forget();
  }
  const agreesWith = isSame ? versionId : null;
  await transaction(async (tx) => {
    await takeLock(tx, `source:${sourceId}`);
    const { name } = await requireSource(tx, sourceId);
    const boundBy = actor.type === "person" ? actor.name : "Skep";
    const seen = { newestId: versionId, newestState: "there", lookedAt: new Date() };
    const bound = { sourceId, path, take, mode, boundBy, boundAt: new Date(), ...seen, nextLookAt: new Date() };
    await tx.binding.create({ data: { secretId, ...bound } });
    await tx.secret.update({ where: { id: secretId }, data: { oldValueStaysValid: oldStaysValid } });
    // An id is one of a path at a source: the 1 of an earlier binding is not the 1 of this one.
    await tx.version.updateMany({ where: { secretId }, data: { sourceVersionId: null } });
    if (agreesWith !== null) await setCurrent(tx, secretId, agreesWith);
    await appendAudit(tx, {
      actor: eventActor(actor),
      clusterId: facts.clusterId,
      operationId: null,
      detail: { type: "secret.bound", secret: named(record), source: { id: sourceId, name }, path, mode, agreesWith },
    });
  });
  return { agreesWith };
}

/** The secret keeps the value that it has; the next one comes from a person or a generator. */
export async function unbindSecret(permit: Permit<"secret.unbind">): Promise<void> {
  const { secretId } = permit.subject;
  await transaction(async (tx) => {
    const binding = await tx.binding.findUnique({ where: { secretId }, include: { source: true, secret: true } });
    if (!binding) throw new AppError("not-found", "This secret is bound to no source any more.");
    const { source, secret, path } = binding;
    await tx.binding.delete({ where: { secretId } });
    await appendAudit(tx, {
      actor: eventActor(permit.actor),
      clusterId: secret.clusterId,
      operationId: null,
      detail: { type: "secret.unbound", secret: named(secret), source: { id: source.id, name: source.name }, path },
    });
  });
}

/** On request: whether the Swarm has the value that the source has now. Counted and written down as every such question. */
export async function compareWithSource(permit: Permit<"secret.compare">): Promise<boolean> {
  const { secretId } = permit.subject;
  const binding = await database().binding.findUnique({ where: { secretId } });
  if (!binding) throw new AppError("not-found", "This secret is bound to no source any more.");
  const source = await openedSource(binding.sourceId);
  const { versionId, value } = await source.read(binding.path, binding.take as BindInput["take"], null);
  try {
    const isSame = await isSameAsNow(permit, value);
    if (isSame && versionId !== null) await transaction((tx) => setCurrent(tx, secretId, versionId));
    return isSame;
  } finally {
    value.forget();
  }
}

/** The next round asks its source at once. */
export async function lookNow(permit: Permit<"secret.unbind">): Promise<void> {
  const { secretId } = permit.subject;
  await transaction(async (tx) => {
    const { count } = await tx.binding.updateMany({ where: { secretId }, data: { nextLookAt: new Date(0) } });
    if (count === 0) throw new AppError("not-found", "This secret is bound to no source any more.");
    await notify(tx, "skep_changed", "Binding");
  });
}

async function setCurrent(tx: Transaction, secretId: string, sourceVersionId: string): Promise<void> {
  await tx.version.updateMany({ where: { secretId, state: "current" }, data: { sourceVersionId } });
}

function refuseBound({ name, binding }: SecretRecord): void {
  if (!binding) return;
  throw new AppError("busy", `${name} is bound to ${binding.path} at ${binding.sourceName}. Unbind it first.`);
}

async function requireSource(tx: Transaction, id: string): Promise<{ name: string }> {
  const source = await tx.source.findUnique({ where: { id } });
  if (source) return source;
  throw new AppError("not-found", "There is no such source any more. Choose another one.", { field: "sourceId" });
}

function named({ id, name }: { id: string; name: string }) {
  return { id, name };
}
