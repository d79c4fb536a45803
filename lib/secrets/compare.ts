import "server-only";
import { randomUUID } from "node:crypto";
import { eventActor } from "#lib/audit/actor.ts";
import { appendAudit } from "#lib/audit/append.ts";
import { bodyOf } from "#lib/audit/view.ts";
import { database } from "#lib/db/client.ts";
import { takeLock } from "#lib/db/lock.ts";
import { transaction } from "#lib/db/transaction.ts";
import { AppError, isAppError } from "#lib/errors.ts";
import { type Facts, readFacts, requireCurrent, requireRecord } from "#lib/grants/facts.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { swarmGateway } from "#lib/swarm/connect.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import type { SecretValue } from "#lib/value.ts";
import type { Compared } from "./schema.ts";

/** More would make it a tool for guessing values; fewer would stand in the way of a slip or two. */
const asksPerHour = 5;
/** For how long an ask counts. */
export const askedMilliseconds = 3_600_000;

type Asking = {
  gateway?: SwarmGateway;
  now?: Date;
  /** Read a moment ago. */
  facts?: Facts;
};

/**
 * Whether a typed value is the one that the secret has now. Where the asks of this hour are used up, nobody knows: that
 * must not keep anybody from rotating.
 */
export async function isSameAsNow(
  permit: Permit<"secret.compare">,
  value: SecretValue,
  asking: Asking = {},
): Promise<boolean> {
  return (await compareWithNow(permit, value, asking)).answer === "equal";
}

/**
 * How a value compares with the one that the secret has now, and of which version that was said. Nothing is stored; the
 * ask is counted before the Swarm is asked, and the answer is in the history before anybody sees it.
 */
export async function compareWithNow(
  permit: Permit<"secret.compare">,
  value: SecretValue,
  { gateway = swarmGateway(), now = new Date(), facts: known }: Asking = {},
): Promise<{ answer: Compared; versionId: string | null }> {
  const { secretId } = permit.subject;
  try {
    const facts = known ?? (await readFacts({ id: secretId }, gateway));
    const record = requireRecord(facts, secretId);
    const { object, version } = requireCurrent(facts, record);
    if (object.driver)
      throw new AppError("invalid-input", `${record.name} is delivered by a plugin; Swarm cannot compare it.`);
    if (!(await countAsk(secretId, now))) return { answer: "asked-too-often", versionId: null };
    const answer = await gateway.compareSecret(object, value);
    const detail = { type: "value.compared", secret: { id: record.id, name: record.name }, answer } as const;
    const event = { actor: eventActor(permit.actor), clusterId: facts.clusterId, operationId: null, detail };
    await transaction(async (tx) => void (await appendAudit(tx, event)));
    return { answer, versionId: version.id };
  } catch (error) {
    if (isAppError(error, "not-found")) return { answer: "unknown", versionId: null };
    throw error;
  }
}

/** `isOfSchedule`: nobody chose the value; it was read at the secret's source. `at` is ISO 8601. */
type PastAnswer = { answer: Compared; at: string; isOfSchedule: boolean };

/** What the Swarm said of values for this secret in the last hour, the newest first. */
export async function findAnswers({ id, name }: { id: string; name: string }): Promise<PastAnswer[]> {
  const rows = await database().auditEvent.findMany({
    where: {
      type: "value.compared",
      secretNames: { has: name },
      sequence: { not: null },
      occurredAt: { gt: new Date(Date.now() - askedMilliseconds) },
    },
    orderBy: { sequence: "desc" },
  });
  return rows.flatMap((row): PastAnswer[] => {
    const { actor, detail } = bodyOf(row);
    if (detail.type !== "value.compared" || detail.secret.id !== id) return [];
    const at = row.occurredAt.toISOString();
    return [{ answer: detail.answer, at, isOfSchedule: actor.type === "schedule" }];
  });
}

/** Counted for the secret, whoever asks, over all instances; false where this hour's asks are used up. */
async function countAsk(secretId: string, now: Date): Promise<boolean> {
  return transaction(async (tx) => {
    await takeLock(tx, `compare:${secretId}`);
    const since = new Date(now.getTime() - askedMilliseconds);
    const asked = await tx.valueComparison.count({ where: { secretId, askedAt: { gt: since } } });
    if (asked >= asksPerHour) return false;
    await tx.valueComparison.create({ data: { id: randomUUID(), secretId, askedAt: now } });
    return true;
  });
}
