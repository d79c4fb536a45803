import "server-only";
import { database } from "#lib/db/client.ts";
import type { DueBinding, Looked, Why } from "#lib/rotation/sync.ts";
import { callAnew } from "#lib/secrets/called-anew.ts";

/** After the n-th failure in a row: the first pause, doubled n times, at most a quarter of an hour. */
const mostPauseSeconds = 900;
const bindingPauseSeconds = 60;

/** Sources that something is due at and that are not left alone, by Postgres's time. */
export async function dueSources(clusterId: string): Promise<string[]> {
  const rows = await database().$queryRaw<{ id: string }[]>`
    SELECT DISTINCT s."id" FROM "Source" s
      JOIN "Binding" b ON b."sourceId" = s."id" JOIN "Secret" k ON k."id" = b."secretId"
    WHERE k."clusterId" = ${clusterId} AND k."removedAt" IS NULL AND b."nextLookAt" <= now()
      AND (s."nextAskAt" IS NULL OR s."nextAskAt" <= now())`;
  return rows.map(({ id }) => id);
}

/** Takes what is due, the longest waiting first: nobody else gets it before it is due again. */
export async function claimDue(
  sourceId: string,
  clusterId: string,
  { limit, everySeconds }: { limit: number; everySeconds: number },
): Promise<DueBinding[]> {
  return database().$queryRaw<DueBinding[]>`
    UPDATE "Binding" c SET "nextLookAt" = now() + make_interval(secs => ${everySeconds}::double precision)
    WHERE c."secretId" IN (
      SELECT b."secretId" FROM "Binding" b JOIN "Secret" k ON k."id" = b."secretId"
      WHERE b."sourceId" = ${sourceId} AND k."clusterId" = ${clusterId} AND k."removedAt" IS NULL
        AND b."nextLookAt" <= now()
      ORDER BY b."nextLookAt" LIMIT ${limit} FOR UPDATE OF b SKIP LOCKED)
    RETURNING c."id", c."secretId", c."path", c."mode", c."newestId", c."newestState",
      c."failureCode" IS NOT NULL AS "hasFailed", now() AS "claimedAt", c."nextLookAt" AS "claimedUntil",
      (SELECT v."sourceVersionId" FROM "Version" v WHERE v."secretId" = c."secretId" AND v."state" = 'current'
        AND v."bindingId" = c."id" LIMIT 1) AS "currentId"`;
}

/** What is new of one binding, as long as nobody has looked at it since it was claimed. Where nothing is, nothing is written. */
export async function bindingLooked(binding: DueBinding, looked: Looked): Promise<void> {
  const { id, newestState } = binding;
  const { formerId } = looked;
  if (formerId !== null && looked.newestId !== null) {
    await callAnew(database(), { bindingId: id, formerId, newestId: looked.newestId });
  }
  const newestId = formerId !== null && binding.newestId === formerId ? looked.newestId : binding.newestId;
  if (looked.newestId !== newestId) {
    await database().$executeRaw`
      UPDATE "Binding" SET "newestId" = ${looked.newestId}, "newestState" = ${looked.newestState}, "newestSince" = now()
      WHERE "id" = ${id} AND "newestId" IS NOT DISTINCT FROM ${newestId}`;
  } else if (looked.newestState !== newestState) {
    await database().binding.updateMany({ where: { id, newestId }, data: { newestState: looked.newestState } });
  }
  if (looked.because) await bindingFailed(binding, looked.because);
}

/** These were looked at, and nothing was wrong. What failed since they were claimed stays written down. */
export async function allLooked(bindings: readonly DueBinding[]): Promise<void> {
  if (bindings.length === 0) return;
  const ids = bindings.map(({ id }) => id);
  await database().$executeRaw`UPDATE "Binding" SET "lookedAt" = now() WHERE "id" = ANY(${ids})`;
  const failed = bindings.filter(({ hasFailed }) => hasFailed);
  const [first] = failed;
  if (!first) return;
  await database().binding.updateMany({
    where: { id: { in: failed.map(({ id }) => id) }, failingSince: { lte: first.claimedAt } },
    data: { failures: 0, failureCode: null, failure: null, failingSince: null },
  });
}

/**
 * Looked at again ever later, and not before the source's own pause; at once where a webhook asked for that meanwhile.
 * Since when it fails is kept as long as it fails for the same reason.
 */
export async function bindingFailed(
  { id, claimedUntil }: Pick<DueBinding, "id" | "claimedUntil">,
  { code, sentence, pauseSeconds = bindingPauseSeconds }: Why & { pauseSeconds?: number },
): Promise<void> {
  const first = Math.max(bindingPauseSeconds, pauseSeconds);
  await database().$executeRaw`
    UPDATE "Binding" SET "failure" = ${sentence}, "lookedAt" = now(), "failures" = "failures" + 1,
      "failingSince" = CASE WHEN "failureCode" = ${code} THEN "failingSince" ELSE now() END,
      "failureCode" = ${code},
      "nextLookAt" = CASE WHEN "nextLookAt" < ${claimedUntil} THEN "nextLookAt" ELSE now() + make_interval(secs =>
        greatest(${first}, least(${mostPauseSeconds}, ${bindingPauseSeconds} * 2 ^ least("failures", 10)))::double precision) END
    WHERE "id" = ${id}`;
}

/** Of several instances that meet the same failure, the first one counts. */
export async function sourceFailed(
  sourceId: string,
  { code, sentence, pauseSeconds }: Why & { pauseSeconds: number },
): Promise<void> {
  await database().$executeRaw`
    UPDATE "Source" SET "failure" = ${sentence}, "failures" = "failures" + 1,
      "failingSince" = CASE WHEN "failureCode" = ${code} THEN "failingSince" ELSE now() END,
      "failureCode" = ${code},
      "nextAskAt" = now() + make_interval(secs =>
        greatest(${pauseSeconds}, least(${mostPauseSeconds}, ${pauseSeconds} * 2 ^ least("failures", 10)))::double precision)
    WHERE "id" = ${sourceId} AND ("nextAskAt" IS NULL OR "nextAskAt" <= now())`;
}

/** It answers: a failure from before it was asked is over. */
export async function sourceAnswered(sourceId: string, askedAt: Date): Promise<void> {
  await database().$executeRaw`
    UPDATE "Source" SET "nextAskAt" = NULL, "failures" = 0, "failureCode" = NULL, "failure" = NULL, "failingSince" = NULL
    WHERE "id" = ${sourceId} AND "failingSince" <= ${askedAt}`;
}
