import "server-only";
import { database } from "#lib/db/client.ts";
import type { DueBinding, Looked } from "#lib/rotation/sync.ts";

type Why = { code: string; sentence: string };

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
    RETURNING c."secretId", c."path", c."take", c."mode", c."boundBy", c."newestId", c."newestState",
      (SELECT v."sourceVersionId" FROM "Version" v WHERE v."secretId" = c."secretId" AND v."state" = 'current'
       LIMIT 1) AS "currentId"`;
}

/** What is new of one binding. Where nothing is, nothing is written: `allLooked` says so of many at once. */
export async function bindingLooked({ secretId, newestId, newestState }: DueBinding, looked: Looked): Promise<void> {
  if (looked.newestId !== newestId || looked.newestState !== newestState) {
    const seen = { newestId: looked.newestId, newestState: looked.newestState };
    await database().binding.updateMany({ where: { secretId }, data: seen });
  }
  if (looked.because) await bindingFailed(secretId, looked.because);
}

/** These were looked at, and nothing was wrong. */
export async function allLooked(secretIds: readonly string[]): Promise<void> {
  if (secretIds.length === 0) return;
  await database().$executeRaw`
    UPDATE "Binding" SET "lookedAt" = now(),
      "failures" = 0, "failureCode" = NULL, "failure" = NULL, "failingSince" = NULL
    WHERE "secretId" = ANY(${[...secretIds]})`;
}

/** Looked at again ever later; since when it fails is kept as long as it fails for the same reason. */
export async function bindingFailed(secretId: string, { code, sentence }: Why): Promise<void> {
  await database().$executeRaw`
    UPDATE "Binding" SET "failure" = ${sentence}, "lookedAt" = now(), "failures" = "failures" + 1,
      "failingSince" = CASE WHEN "failureCode" = ${code} THEN "failingSince" ELSE now() END,
      "failureCode" = ${code},
      "nextLookAt" = now() + make_interval(secs =>
        least(${mostPauseSeconds}, ${bindingPauseSeconds} * 2 ^ least("failures", 10))::double precision)
    WHERE "secretId" = ${secretId}`;
}

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
    WHERE "id" = ${sourceId}`;
}

export async function sourceAnswered(sourceId: string): Promise<void> {
  await database().source.updateMany({
    where: { id: sourceId, failureCode: { not: null } },
    data: { nextAskAt: null, failures: 0, failureCode: null, failure: null, failingSince: null },
  });
}
