import "server-only";
import { eventActor } from "#lib/audit/actor.ts";
import { appendAudit } from "#lib/audit/append.ts";
import { isUniqueViolation } from "#lib/db/errors.ts";
import { takeLock } from "#lib/db/lock.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { AttachInput } from "#lib/rotators/schema.ts";
import { rotatorSettingsOf } from "#lib/settings/rotator-text.ts";
import { someOf } from "#lib/words.ts";
import { checkWriting, exampleOf } from "./writing.ts";

/**
 * From now on the secret's versions are passwords that are set at this rotator, together with all other secrets that are
 * attached to it. Nothing is set now: the value that the secret has is taken to be the password of `login`, which only a
 * person can know.
 */
export async function attachSecret(permit: Permit<"secret.attach">, input: AttachInput): Promise<void> {
  const { actor, subject } = permit;
  const { secretId } = subject;
  const { rotatorId, template, login } = input;
  await transaction(async (tx) => {
    await takeLock(tx, `rotator:${rotatorId}`);
    await takeLock(tx, `secret:${secretId}`);
    const { clusterId, name } = await requireFree(tx, secretId);
    const rotator = await requireRotator(tx, rotatorId);
    const { logins } = rotatorSettingsOf(rotator.name, rotator.settings);
    checkWriting(template, logins.length > 0);
    checkLogin(login, logins, rotator.name);
    await refuseMoving(tx, rotator);
    refuseOther(rotator, login);
    if (logins.length === 2) await refuseOnOlder(tx, { secretId, name, rotatorId });
    const attachedBy = actor.type === "person" ? actor.name : "Skep";
    await tx.attachment.create({ data: { secretId, rotatorId, template, attachedBy } }).catch(refuseTaken);
    // Whoever still has one of these has that login's password: it is not set anew before they have moved. Of an older
    // one from when the secret was attached here before, that is known already. What was left for the current one by a
    // roll back had another value, of which she says nothing.
    const current = await tx.version.findFirst({ where: { secretId, state: "current" }, select: { number: true } });
    const isSaid = { OR: [{ state: "current" }, { rotatorId: null }, { rotatorId: { not: rotatorId } }] };
    await tx.version.updateMany({
      where: { secretId, state: { not: "removed" }, number: { lte: current?.number ?? 0 }, ...isSaid },
      data: { rotatorId, login },
    });
    await appendAudit(tx, {
      actor: eventActor(actor),
      clusterId,
      operationId: null,
      detail: { type: "secret.attached", secret: { id: secretId, name }, rotator: named(rotator), login },
    });
  });
}

/** The secret keeps the value that it has, and its versions the mark of whose password they are; the next value comes from elsewhere. */
export async function detachSecret(permit: Permit<"secret.detach">): Promise<void> {
  const { secretId } = permit.subject;
  await transaction(async (tx) => {
    await takeLock(tx, `secret:${secretId}`);
    const attachment = await tx.attachment.findUnique({
      where: { secretId },
      include: { rotator: true, secret: true },
    });
    if (!attachment) throw new AppError("not-found", "This secret is attached to no rotator any more.");
    const { rotator, secret } = attachment;
    if (await isMoving(tx, [secretId])) {
      throw new AppError("busy", `${secret.name} is in an operation. Wait for its end, then detach it.`);
    }
    await tx.attachment.delete({ where: { secretId } });
    await appendAudit(tx, {
      actor: eventActor(permit.actor),
      clusterId: secret.clusterId,
      operationId: null,
      detail: { type: "secret.detached", secret: named(secret), rotator: named(rotator) },
    });
  });
}

/** What a template makes, for whoever is about to attach a secret: of made-up values. */
export function writingExample(_permit: Permit<"secret.attach">, template: string): string {
  return exampleOf(template);
}

/** The usual templates with what each makes, for the page that offers them. */
export function withExamples<T extends { template: string }>(presets: readonly T[]): (T & { example: string })[] {
  return presets.map((preset) => ({ ...preset, example: exampleOf(preset.template) }));
}

async function requireFree(tx: Transaction, secretId: string) {
  const secret = await tx.secret.findUnique({
    where: { id: secretId },
    include: { binding: { include: { source: true } }, attachment: { include: { rotator: true } } },
  });
  if (!secret) throw new AppError("not-found", "Skep does not know this secret. Go back to the list of secrets.");
  const { name, binding, attachment } = secret;
  if (secret.removedAt) throw new AppError("not-found", `${name} was retired. Create it again if it is needed.`);
  if (binding) {
    throw new AppError("busy", `${name} is bound to ${binding.path} at ${binding.source.name}. Unbind it first.`);
  }
  if (attachment) {
    throw new AppError("busy", `${name} is attached to the rotator ${attachment.rotator.name}. Detach it first.`);
  }
  if (await isMoving(tx, [secretId])) {
    throw new AppError("busy", `${name} is in an operation. Wait for its end, then attach it.`);
  }
  return secret;
}

async function requireRotator(tx: Transaction, id: string) {
  const rotator = await tx.rotator.findUnique({
    where: { id },
    include: {
      attachments: {
        where: { secret: { removedAt: null } },
        orderBy: { secret: { name: "asc" } },
        include: { secret: { include: { versions: { where: { state: "current" } } } } },
      },
    },
  });
  if (rotator) return rotator;
  throw new AppError("not-found", "There is no such rotator any more. Choose another one.", { field: "rotatorId" });
}

type Attached = Awaited<ReturnType<typeof requireRotator>>;

function checkLogin(login: string | null, logins: readonly string[], rotatorName: string): void {
  if (logins.length === 0 ? login === null : login !== null && logins.includes(login)) return;
  const sentence =
    logins.length === 0
      ? `${rotatorName} has no logins. Say nothing of a login.`
      : `Say which login of ${rotatorName} the value is of that the secret has now.`;
  throw new AppError("invalid-input", sentence, { field: "login" });
}

/** A rotation under way makes no version of a secret that comes later, and takes the login from under it. */
async function refuseMoving(tx: Transaction, { name, attachments }: Attached): Promise<void> {
  if (
    !(await isMoving(
      tx,
      attachments.map(({ secretId }) => secretId),
    ))
  )
    return;
  throw new AppError("busy", `A secret of ${name} is in an operation. Wait for its end, then attach this one.`, {
    field: "rotatorId",
  });
}

/** All of one rotator change together, so all have the password of one login. */
function refuseOther({ id, name, attachments }: Attached, login: string | null): void {
  const other = attachments.find(({ secret: { versions } }) =>
    versions.some((version) => version.rotatorId === id && version.login !== login),
  );
  if (!other) return;
  const [current] = other.secret.versions;
  const sentence = `${other.secret.name}, which is attached to ${name} too, has ${current?.login ?? "no login"}. All secrets of one rotator have the same login: give this one that password first.`;
  throw new AppError("busy", sentence, { field: "login" });
}

/**
 * Whose password an older version has nobody can say, and the first rotation would set the other login: whoever has an
 * older one could be shut out by that. One that was made while the secret was attached here before is known.
 */
async function refuseOnOlder(
  tx: Transaction,
  { secretId, name, rotatorId }: { secretId: string; name: string; rotatorId: string },
): Promise<void> {
  const unknown = await tx.version.findMany({
    where: {
      secretId,
      state: { notIn: ["current", "removed"] },
      OR: [{ rotatorId: null }, { rotatorId: { not: rotatorId } }],
    },
    select: { objectId: true },
  });
  const objectId = { in: unknown.flatMap((version) => version.objectId ?? []) };
  const held = await tx.grant.findMany({ where: { secretId, objectId }, select: { serviceName: true } });
  if (held.length === 0) return;
  const services = someOf([...new Set(held.map(({ serviceName }) => serviceName))]);
  const sentence = `${services} still has an older version of ${name}, and nobody can say whose password that is. Move it to the current version first, on the page of ${name}.`;
  throw new AppError("busy", sentence, { field: "rotatorId" });
}

async function isMoving(tx: Transaction, secretIds: string[]): Promise<boolean> {
  return (await tx.operationSecret.count({ where: { secretId: { in: secretIds }, isOpen: true } })) > 0;
}

function refuseTaken(cause: unknown): never {
  if (!isUniqueViolation(cause)) throw cause;
  throw new AppError("busy", "Somebody attached this secret a moment ago. Look at its page.", { cause });
}

function named({ id, name }: { id: string; name: string }) {
  return { id, name };
}
