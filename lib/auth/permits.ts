import "server-only";
import { eventActor } from "#lib/audit/actor.ts";
import { appendAudit } from "#lib/audit/append.ts";
import { database } from "#lib/db/client.ts";
import { transaction } from "#lib/db/transaction.ts";
import { AppError } from "#lib/errors.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import type { Action, Actor, SubjectOf } from "#lib/policy/schema.ts";

/** The permit, or null with the denial written to the history. Knows no request: the rules hold wherever they are asked. */
export async function permitFor<A extends Action>(
  actor: Actor,
  action: A,
  subject: SubjectOf<A>,
): Promise<Permit<A> | null> {
  const permit = decide(actor, action, subject);
  if (!permit) await recordDenial(actor, action, subject);
  return permit;
}

export function forbidden(actor: Actor): AppError {
  if (actor.type !== "person") return new AppError("forbidden", "Automatic work may not do this.");
  const whom = actor.role === "administrator" ? "another administrator" : "an administrator";
  return new AppError("forbidden", `Your role (${actor.role}) may not do this. Ask ${whom}.`);
}

async function recordDenial(actor: Actor, action: Action, subject: object): Promise<void> {
  const secrets = await secretsIn(subject);
  const event = {
    actor: eventActor(actor),
    clusterId: secrets[0]?.clusterId ?? null,
    operationId: "operationId" in subject ? String(subject.operationId) : null,
    detail: {
      type: "permit.denied" as const,
      action,
      secrets: secrets.map(({ id, name }) => ({ id, name })),
      what: await wordsFor(action, subject),
    },
  };
  await transaction((tx) => appendAudit(tx, event));
}

/** Those of them that Skep knows, with the names that the history tells. */
async function secretsIn(subject: object): Promise<{ id: string; name: string; clusterId: string }[]> {
  const ids =
    "secretId" in subject ? [subject.secretId] : "secretIds" in subject ? (subject.secretIds as string[]) : [];
  if (ids.length === 0) return [];
  return database().secret.findMany({
    where: { id: { in: ids.map(String) } },
    select: { id: true, name: true, clusterId: true },
    orderBy: { name: "asc" },
  });
}

async function wordsFor(action: Action, subject: object): Promise<string> {
  const words = action.replaceAll(/[.-]/g, " ");
  if ("role" in subject) return `${words} as ${subject.role}`;
  if ("objectIds" in subject) return `${words}, ${(subject.objectIds as string[]).length} objects`;
  if (!("personId" in subject)) return words;
  const person = await database().person.findUnique({
    where: { id: String(subject.personId) },
    select: { name: true },
  });
  return `${words} of ${person?.name ?? "nobody who is known"}`;
}
