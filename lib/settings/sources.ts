import "server-only";
import { randomUUID } from "node:crypto";
import { appendOfNoSwarm } from "#lib/audit/append.ts";
import { database } from "#lib/db/client.ts";
import { isUniqueViolation } from "#lib/db/errors.ts";
import { takeLock } from "#lib/db/lock.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import { logOf } from "#lib/log.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { SourceCheck, SourceSettings } from "#lib/sources/schema.ts";
import { agreeing, counted } from "#lib/words.ts";
import { openByName, openedSource, storedKind, storedText } from "./opened-sources.ts";
import { beginAnew, isSamePlace } from "./source-place.ts";
import { sourceText } from "./source-text.ts";

type Named = { name: string; settings: SourceSettings };

/** Adds a source, after it was asked whether it takes Skep's login: a wrong one is told now, and not in the night. */
export async function addSource(permit: Permit<"source.edit">, { name, settings }: Named): Promise<{ id: string }> {
  const { actor } = permit;
  await tryOut(actor, { name, settings });
  const id = randomUUID();
  const createdBy = actor.type === "person" ? actor.name : "Skep";
  await transaction(async (tx) => {
    await tx.source.create({ data: { id, name, settings, createdBy } }).catch(refuseTaken);
    await appendOfNoSwarm(tx, actor, { type: "source.added", source: { id, name }, what: sourceText(settings) });
  });
  return { id };
}

/** Changes where and how a source is asked. What is bound to it stays bound, and is looked at again at once. */
export async function changeSource(
  permit: Permit<"source.edit">,
  id: string,
  { name, settings }: Named,
): Promise<void> {
  await tryOut(permit.actor, { name, settings });
  await transaction(async (tx) => {
    const before = await requireSource(tx, id);
    if ((storedKind(before.settings) ?? settings.kind) !== settings.kind) {
      throw new AppError("invalid-input", "A source keeps its kind. Add another one, and bind the secrets to that.", {
        field: "kind",
      });
    }
    const changed = { name, settings, changedAt: new Date(), ...notFailing };
    await tx.source.update({ where: { id }, data: changed }).catch(refuseTaken);
    if (!isSamePlace(before.settings as SourceSettings, settings)) await beginAnew(tx, id);
    await tx.binding.updateMany({ where: { sourceId: id }, data: { nextLookAt: new Date() } });
    const source = { id, name };
    const what = changeText(before.settings, settings);
    await appendOfNoSwarm(tx, permit.actor, { type: "source.changed", source, what });
  });
}

/** Refused as long as secrets are bound to it: their values would silently come from nowhere. */
export async function removeSource(permit: Permit<"source.edit">, id: string): Promise<void> {
  await transaction(async (tx) => {
    await takeLock(tx, `source:${id}`);
    const { name, settings } = await requireSource(tx, id);
    const bound = await tx.binding.count({ where: { sourceId: id, secret: { removedAt: null } } });
    if (bound > 0) {
      throw new AppError(
        "busy",
        `${counted(bound, "secret")} ${agreeing(bound, "takes its", "take their")} values from ${name}. Unbind ${agreeing(bound, "it", "them")} first.`,
      );
    }
    const wanted = { import: { sourceId: id }, state: { in: ["waiting", "running"] } };
    if ((await tx.importItem.count({ where: wanted })) > 0) {
      throw new AppError("busy", `An import from ${name} is under way. Wait for its end, or stop it.`);
    }
    await tx.binding.deleteMany({ where: { sourceId: id } });
    await tx.source.delete({ where: { id } });
    const what = storedText(settings);
    await appendOfNoSwarm(tx, permit.actor, { type: "source.removed", source: { id, name }, what });
  });
}

/** Asks the source whether it takes the login; where it does, it is no longer left alone. */
export async function checkSource(_permit: Permit<"source.edit">, id: string): Promise<SourceCheck> {
  const source = await openedSource(id);
  const answer = await source.check();
  await database().source.updateMany({ where: { id }, data: notFailing });
  return answer;
}

const notFailing = { nextAskAt: null, failures: 0, failureCode: null, failure: null, failingSince: null };

/** Where it was asked before is told too: its credential goes to the new place. */
function changeText(before: unknown, after: SourceSettings): string {
  const [was, is] = [storedText(before), sourceText(after)];
  return was === is ? is : `${is}; before: ${was}`;
}

async function requireSource(tx: Transaction, id: string) {
  const row = await tx.source.findUnique({ where: { id } });
  if (row) return row;
  throw new AppError("not-found", "There is no such source any more. Go back to the list of sources.");
}

function refuseTaken(cause: unknown): never {
  if (!isUniqueViolation(cause)) throw cause;
  throw new AppError("name-taken", "There is a source of this name already. Choose another name.", {
    cause,
    field: "name",
  });
}

/** The credential goes to whatever address was entered: who sends it where is in the log, also where nothing comes of it. */
async function tryOut(actor: Actor, { name, settings }: Named): Promise<void> {
  const by = actor.type === "person" ? actor.name : "Skep";
  logOf("settings").info("source.tried", { source: name, at: sourceText(settings), by });
  const source = await openByName(name, settings);
  try {
    await source.check();
  } finally {
    await source.close();
  }
}
