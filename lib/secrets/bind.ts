import "server-only";
import { eventActor } from "#lib/audit/actor.ts";
import { appendAudit } from "#lib/audit/append.ts";
import { database } from "#lib/db/client.ts";
import { takeLock } from "#lib/db/lock.ts";
import { notify } from "#lib/db/notify.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import { type Facts, readFacts, requireRecord } from "#lib/grants/facts.ts";
import type { SecretRecord } from "#lib/grants/records.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { askAgain } from "#lib/settings/ask-again.ts";
import { openedSource } from "#lib/settings/opened-sources.ts";
import { fieldsOfTemplate } from "#lib/sources/template.ts";
import { formerIdOf } from "#lib/sources/vault-version.ts";
import type { SecretValue } from "#lib/value.ts";
import { markAgreeing } from "./agreeing.ts";
import { callAnew } from "./called-anew.ts";
import { compareWithNow } from "./compare.ts";
import type { BindInput, Compared } from "./schema.ts";
import { attachedSentence, writeBinding } from "./write-binding.ts";

type Bound = {
  /** The version there that the Swarm has already; null where it has another value, or nobody could tell. */
  agreesWith: string | null;
};

/**
 * From now on the secret's values come from this source. It is asked first: a path or field that gives no value is
 * refused here. What the Swarm has is compared, so that nothing is rotated to the value that is there; where nobody could
 * say, a binding that rotates by itself is refused.
 */
export async function bindSecret(permit: Permit<"secret.bind">, input: BindInput): Promise<Bound> {
  const { actor, subject } = permit;
  const { secretId } = subject;
  const { sourceId, path, take, mode, oldStaysValid } = input;
  if (take.take === "template") fieldsOfTemplate(take.template);
  const facts = await readFacts({ id: secretId });
  const record = requireRecord(facts, secretId);
  refuseBound(record, facts);
  const source = await openedSource(sourceId);
  const [newest] = await source.versions(path, null);
  const { versionId, value } = await source.read(path, take, newest?.id ?? null);
  const compared = await comparedWith(actor, value, facts, secretId).finally(() => value.forget());
  refuseUnknown(compared.answer, mode);
  const agreesWith = compared.answer === "equal" ? versionId : null;
  await transaction(async (tx) => {
    await takeLock(tx, `secret:${secretId}`);
    await takeLock(tx, `source:${sourceId}`);
    const { clusterId } = facts;
    const secret = named(record);
    const bound = { secret, clusterId, actor, sourceId, path, take, mode, newestId: versionId, agreesWith };
    const { id: bindingId } = await writeBinding(tx, bound);
    await tx.secret.update({ where: { id: secretId }, data: { oldValueStaysValid: oldStaysValid } });
    await markAgreeing(tx, { versionId: compared.versionId, sourceVersionId: agreesWith, bindingId });
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
export async function compareWithSource(permit: Permit<"secret.compare">): Promise<Compared> {
  const { secretId } = permit.subject;
  const binding = await database().binding.findUnique({ where: { secretId } });
  if (!binding) throw new AppError("not-found", "This secret is bound to no source any more.");
  const source = await openedSource(binding.sourceId);
  const { versionId: sourceVersionId, value } = await source.read(
    binding.path,
    binding.take as BindInput["take"],
    null,
  );
  try {
    const { answer, versionId } = await compareWithNow(permit, value);
    await transaction(async (tx) => {
      await noteNewest(tx, binding.id, sourceVersionId);
      if (answer === "equal") await markAgreeing(tx, { versionId, sourceVersionId, bindingId: binding.id });
      // Whatever was kept of it: this is not that version's value.
      if (answer === "different" && versionId !== null) {
        const called = [sourceVersionId, sourceVersionId && formerIdOf(sourceVersionId)].flatMap((id) => id ?? []);
        const contradicted = { id: versionId, bindingId: binding.id, sourceVersionId: { in: called } };
        await tx.version.updateMany({ where: contradicted, data: { sourceVersionId: null } });
      }
    });
    return answer;
  } finally {
    value.forget();
  }
}

/** The next round asks its source at once. */
export async function lookNow(permit: Permit<"secret.look">): Promise<void> {
  const { secretId } = permit.subject;
  await transaction(async (tx) => {
    const binding = await tx.binding.findUnique({ where: { secretId } });
    if (!binding) throw new AppError("not-found", "This secret is bound to no source any more.");
    await tx.binding.updateMany({ where: { secretId }, data: { nextLookAt: new Date(0) } });
    await askAgain(tx, binding.sourceId);
    await notify(tx, "skep_changed", "Binding");
  });
}

async function comparedWith(actor: Actor, value: SecretValue, facts: Facts, secretId: string) {
  const permit = decide(actor, "secret.compare", { secretId });
  return permit ? compareWithNow(permit, value, { facts }) : { answer: "unknown" as const, versionId: null };
}

/** What was read is what is there now, by whatever id: also after the session secret, and with it sealed ids, have changed. */
async function noteNewest(tx: Transaction, bindingId: string, newestId: string | null): Promise<void> {
  const formerId = newestId === null ? null : formerIdOf(newestId);
  if (newestId !== null && formerId !== null) await callAnew(tx, { bindingId, formerId, newestId });
  await tx.$executeRaw`
    UPDATE "Binding" SET "newestId" = ${newestId}, "newestState" = 'there', "newestSince" = now()
    WHERE "id" = ${bindingId} AND ("newestId" IS DISTINCT FROM ${newestId} OR "newestState" IS DISTINCT FROM 'there')`;
}

function refuseBound({ id, name, binding, attachment }: SecretRecord, { seen }: Facts): void {
  if (binding)
    throw new AppError("busy", `${name} is bound to ${binding.path} at ${binding.sourceName}. Unbind it first.`);
  if (attachment) throw new AppError("busy", attachedSentence(name, attachment.rotatorName));
  if ((seen[id]?.open ?? 0) > 0)
    throw new AppError("busy", `${name} is in an operation. Wait for its end, then bind it.`);
}

/** By itself it would restart services with the value that they may have already. */
function refuseUnknown(answer: Compared, mode: BindInput["mode"]): void {
  if (mode !== "by-itself" || answer === "equal" || answer === "different") return;
  const why =
    answer === "asked-too-often"
      ? "The Swarm was asked five times in this hour whether it has a value of this secret, and cannot be asked again yet."
      : "The Swarm did not say whether it has this value already.";
  throw new AppError("busy", `${why} Bind it so that new versions wait for a yes, or try again later.`, {
    field: "mode",
  });
}

function named({ id, name }: { id: string; name: string }) {
  return { id, name };
}
