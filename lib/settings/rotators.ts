import "server-only";
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { appendOfNoSwarm } from "#lib/audit/append.ts";
import { isUniqueViolation } from "#lib/db/errors.ts";
import { takeLock } from "#lib/db/lock.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import { bytesOf, type Generator } from "#lib/generate/schema.ts";
import { logOf } from "#lib/log.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { type RotatorCheck, type RotatorSettings, rotatorSettings } from "#lib/rotators/schema.ts";
import { agreeing, counted } from "#lib/words.ts";
import { openRotatorByName, withRotator } from "./opened-rotators.ts";
import { rotatorText, storedRotatorKind, storedRotatorText } from "./rotator-text.ts";

type Named = { name: string; settings: RotatorSettings; generator: Generator };

/** Adds a rotator, after it was asked whether it lets Skep set these passwords: a wrong one is told now, and not in a rotation. */
export async function addRotator(permit: Permit<"rotator.edit">, given: Named): Promise<{ id: string }> {
  const { actor } = permit;
  const { name, settings, generator } = given;
  await tryOut(actor, given);
  const id = randomUUID();
  const createdBy = actor.type === "person" ? actor.name : "Skep";
  await transaction(async (tx) => {
    await refuseShared(tx, id, settings);
    await tx.rotator.create({ data: { id, name, settings, generator, createdBy } }).catch(refuseTaken);
    await appendOfNoSwarm(tx, actor, { type: "rotator.added", rotator: { id, name }, what: rotatorText(settings) });
  });
  return { id };
}

/**
 * Changes where and how passwords are set. What is attached stays so: a login that one of them has is not taken out, and
 * another address is refused unless `isSameServer`: that of the same server, whose logins have the passwords they had.
 */
export async function changeRotator(
  permit: Permit<"rotator.edit">,
  id: string,
  given: Named & { isSameServer?: boolean },
): Promise<void> {
  const { name, settings, generator, isSameServer = false } = given;
  await tryOut(permit.actor, given);
  await transaction(async (tx) => {
    await takeLock(tx, `rotator:${id}`);
    const before = await requireRotator(tx, id);
    if ((storedRotatorKind(before.settings) ?? settings.kind) !== settings.kind) {
      throw new AppError(
        "invalid-input",
        "A rotator keeps its kind. Add another one, and attach the secrets to that.",
        {
          field: "kind",
        },
      );
    }
    await refuseLostLogin(tx, id, settings.logins);
    await refuseShared(tx, id, settings);
    if (!isSameServer && placeOf(before.settings) !== placeOf(settings)) await refuseElsewhere(tx, id);
    if (!isDeepStrictEqual(before.settings, settings)) await refuseUnderWay(tx, id);
    const changed = { name, settings, generator, changedAt: new Date() };
    await tx.rotator.update({ where: { id }, data: changed }).catch(refuseTaken);
    const what = changeText(before.settings, settings);
    await appendOfNoSwarm(tx, permit.actor, { type: "rotator.changed", rotator: { id, name }, what });
  });
}

/**
 * What is set at one place and tried at another is of no use. One that waits for a person may need just this: other
 * settings.
 */
async function refuseUnderWay(tx: Transaction, rotatorId: string): Promise<void> {
  const open = { isOpen: true, operation: { state: "open" } };
  const moving = await tx.operationSecret.findFirst({
    where: { ...open, secretId: { in: await attachedTo(tx, rotatorId) } },
  });
  if (!moving) return;
  throw new AppError(
    "busy",
    "A secret of this rotator is in an operation. Wait for its end, then change the settings.",
  );
}

async function attachedTo(tx: Transaction, rotatorId: string): Promise<string[]> {
  const attached = await tx.attachment.findMany({ where: { rotatorId }, select: { secretId: true } });
  return attached.map(({ secretId }) => secretId);
}

/** Refused as long as secrets are attached to it: their next value would be set nowhere. */
export async function removeRotator(permit: Permit<"rotator.edit">, id: string): Promise<void> {
  await transaction(async (tx) => {
    await takeLock(tx, `rotator:${id}`);
    const { name, settings } = await requireRotator(tx, id);
    const attached = await tx.attachment.count({ where: { rotatorId: id, secret: { removedAt: null } } });
    if (attached > 0) {
      const [are, them] = [agreeing(attached, "is", "are"), agreeing(attached, "it", "them")];
      throw new AppError("busy", `${counted(attached, "secret")} ${are} attached to ${name}. Detach ${them} first.`);
    }
    await tx.attachment.deleteMany({ where: { rotatorId: id } });
    await tx.rotator.delete({ where: { id } });
    const what = storedRotatorText(settings);
    await appendOfNoSwarm(tx, permit.actor, { type: "rotator.removed", rotator: { id, name }, what });
  });
}

/** Asks the rotator whether it lets Skep set these passwords. Changes nothing there. */
export function checkRotator(_permit: Permit<"rotator.edit">, id: string): Promise<RotatorCheck> {
  return withRotator(id, (rotator) => rotator.check());
}

/**
 * A login that a version of an attached secret has must stay in the list, as long as that version is in the Swarm: the
 * next rotation would give the login that it has a new password, or leave it with one that nobody changes any more.
 */
async function refuseLostLogin(tx: Transaction, id: string, logins: readonly string[]): Promise<void> {
  const ofAttached = { removedAt: null, attachment: { rotatorId: id } };
  const versions = await tx.version.findMany({
    where: { rotatorId: id, state: { not: "removed" }, secret: ofAttached },
    select: { login: true, objectName: true },
    orderBy: { objectName: "asc" },
  });
  const lost = versions.find(({ login }) => (login === null ? logins.length > 0 : !logins.includes(login)));
  if (!lost) return;
  const { login, objectName } = lost;
  const sentence =
    login === null
      ? `${objectName} has a value of no login. Detach its secret first, then name logins.`
      : `${objectName} has the login ${login}. Keep that login in the list, or detach its secret first.`;
  throw new AppError("busy", sentence, { field: "login" });
}

/** Of logins elsewhere nobody knows which passwords they have: what Skep knows of versions would be said of others. */
async function refuseElsewhere(tx: Transaction, rotatorId: string): Promise<void> {
  const attached = (await attachedTo(tx, rotatorId)).length;
  if (attached === 0) return;
  const [are, them] = [agreeing(attached, "is", "are"), agreeing(attached, "it", "them")];
  const sentence = `${counted(attached, "secret")} ${are} attached, with passwords that were set at the address before. Say that it is the same server, or detach ${them} first.`;
  throw new AppError("busy", sentence, { field: "isSameServer" });
}

/** Of two that set the password of one login, each would shut out the services of the other; of one that Skep signs in with, Skep. */
async function refuseShared(tx: Transaction, id: string, settings: RotatorSettings): Promise<void> {
  await takeLock(tx, "rotators");
  for (const other of await tx.rotator.findMany({ where: { id: { not: id } } })) {
    const theirs = rotatorSettings.safeParse(other.settings).data;
    if (!theirs || placeOf(theirs) !== placeOf(settings)) continue;
    const login = settings.logins.find((each) => [...theirs.logins, ownUser(theirs)].includes(each));
    const locked = theirs.logins.find((each) => each === ownUser(settings));
    const shared = login ?? locked ?? (settings.logins.length + theirs.logins.length === 0 ? "its one login" : null);
    if (shared === null) continue;
    const sentence = `${other.name} sets the password of ${shared} at the same place, or signs in with it. A login's password is one rotator's: attach the secrets to ${other.name}, or name another login.`;
    throw new AppError("invalid-input", sentence, { field: "login" });
  }
}

/** With which Skep signs in there, where it does. */
function ownUser(settings: RotatorSettings): string | null {
  return settings.kind === "postgresql" ? settings.user : null;
}

/** Logins are those of a whole server, whichever database of it is named. */
function placeOf(stored: unknown): string | null {
  const settings = rotatorSettings.safeParse(stored).data;
  if (!settings) return null;
  return settings.kind === "http" ? settings.address : `${settings.host}:${settings.port}`;
}

/** Where it was before is told too: its credential goes to the new place. */
function changeText(before: unknown, after: RotatorSettings): string {
  const [was, is] = [storedRotatorText(before), rotatorText(after)];
  return was === is ? is : `${is}; before: ${was}`;
}

async function requireRotator(tx: Transaction, id: string) {
  const row = await tx.rotator.findUnique({ where: { id } });
  if (row) return row;
  throw new AppError("not-found", "There is no such rotator any more. Go back to the list of rotators.");
}

function refuseTaken(cause: unknown): never {
  if (!isUniqueViolation(cause)) throw cause;
  throw new AppError("name-taken", "There is a rotator of this name already. Choose another name.", {
    cause,
    field: "name",
  });
}

/** The credential goes to whatever address was entered: who sends it where is in the log, also where nothing comes of it. */
async function tryOut(actor: Actor, { name, settings, generator }: Named): Promise<void> {
  refuseLong(generator);
  const by = actor.type === "person" ? actor.name : "Skep";
  logOf("settings").info("rotator.tried", { rotator: name, at: rotatorText(settings), by });
  const rotator = await openRotatorByName(name, settings);
  try {
    await rotator.check();
  } finally {
    await rotator.close();
  }
}

/** Drivers prepare a password for SCRAM in a buffer, some of 1,024 bytes. */
const longestPasswordBytes = 1000;

function refuseLong(generator: Generator): void {
  if (bytesOf(generator) <= longestPasswordBytes) return;
  const field = generator.type === "password" ? "generator.length" : "generator.bytes";
  const sentence = `A password of a login has at most ${longestPasswordBytes.toLocaleString("en")} characters. Make it shorter.`;
  throw new AppError("invalid-input", sentence, { field });
}
