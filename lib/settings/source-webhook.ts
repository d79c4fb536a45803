import "server-only";
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { appendOfNoSwarm } from "#lib/audit/append.ts";
import { systemClock } from "#lib/clock.ts";
import { database } from "#lib/db/client.ts";
import { notify } from "#lib/db/notify.ts";
import { type Transaction, transaction } from "#lib/db/transaction.ts";
import { configuration } from "#lib/env.ts";
import { AppError } from "#lib/errors.ts";
import { logOf } from "#lib/log.ts";
import type { Permit } from "#lib/policy/permit.ts";
import { askAgain } from "./ask-again.ts";

/** How far a webhook's own time may be off, in seconds; the same as the specification of Standard Webhooks proposes. */
const toleranceSeconds = 300;

/** In bytes; a webhook says that something changed, and not what. */
const mostBytes = 64 * 1024;

/** In seconds, between two looks that webhooks ask for: whoever caught one can send it again as long as its time counts. */
const quietSeconds = 2;

/** What arrived, as far as its signature covers it. */
export type Webhook = { id: string; timestamp: string; signature: string; body: Buffer };

/**
 * The key that a source signs its webhooks with, shown to whoever asks for it now: the one before it counts no longer.
 * It is derived of the session secret, and kept nowhere.
 */
export async function makeWebhookKey(permit: Permit<"source.edit">, sourceId: string): Promise<string> {
  return transaction(async (tx) => {
    const source = await tx.source.findUnique({ where: { id: sourceId } });
    if (!source) throw new AppError("not-found", "There is no such source any more. Go back to the list of sources.");
    const webhookNumber = source.webhookNumber + 1;
    await tx.source.update({ where: { id: sourceId }, data: { webhookNumber } });
    const detail = { type: "source.webhook-key-changed", source: { id: sourceId, name: source.name } } as const;
    await appendOfNoSwarm(tx, permit.actor, detail);
    return `whsec_${keyOf(sourceId, webhookNumber).toString("base64")}`;
  });
}

/** Answers what a source sends, by a status alone. Who is not believed learns nothing else; who gets 503 sends it again. */
export async function answerWebhook(sourceId: string, request: Request, notice = noticeWebhook): Promise<number> {
  try {
    const body = await bodyOf(request);
    if (!body) return 413;
    const header = (name: string) => request.headers.get(`webhook-${name}`) ?? "";
    const webhook = { id: header("id"), timestamp: header("timestamp"), signature: header("signature"), body };
    return (await notice(sourceId, webhook)) ? 202 : 401;
  } catch (error) {
    logOf("settings").warn("source.webhook-lost", { sourceId: sourceId.slice(0, 64) }, error);
    return 503;
  }
}

/** Null where it is too long; no more than that is read of one that does not say how long it is. */
async function bodyOf({ headers, body }: Request): Promise<Buffer | null> {
  if (Number(headers.get("content-length") ?? 0) > mostBytes) return null;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body ?? []) {
    length += part.byteLength;
    if (length > mostBytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/**
 * Something changed at a source: what is bound to it is looked at now, all of it or what the body's `paths` name. It is a
 * hint only: what is rotated is decided by asking the source. What was looked at just now is due a little later. False where the signature is not one of this source.
 */
export async function noticeWebhook(sourceId: string, webhook: Webhook, clock = systemClock): Promise<boolean> {
  const source = await database().source.findUnique({ where: { id: sourceId }, select: { webhookNumber: true } });
  const key = keyOf(sourceId, source?.webhookNumber ?? 0);
  if (!isSigned(webhook, key, clock.now()) || !source) return false;
  const paths = pathsIn(webhook.body);
  await transaction(async (tx) => {
    await askAgain(tx, sourceId);
    const due = await makeDue(tx, sourceId, paths);
    if (due > 0) await notify(tx, "skep_changed", "Binding");
  });
  return true;
}

/** How many are due sooner than before. */
async function makeDue(tx: Transaction, sourceId: string, paths: string[] | null): Promise<number> {
  return tx.$executeRaw`
    UPDATE "Binding" b SET "nextLookAt" = soon."at"
    FROM (SELECT "secretId", coalesce("lookedAt" + make_interval(secs => ${quietSeconds}::double precision), now()) AS "at"
          FROM "Binding" WHERE "sourceId" = ${sourceId}
            AND (${paths === null}::boolean OR "path" = ANY(${paths ?? []}::text[]))) soon
    WHERE b."secretId" = soon."secretId" AND b."nextLookAt" > soon."at"`;
}

/** Standard Webhooks, symmetric: `v1,` and the HMAC-SHA256 of id, timestamp and body. Several signatures may be given. */
export function isSigned({ id, timestamp, signature, body }: Webhook, key: Buffer, now: Date): boolean {
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now.getTime() / 1000 - Number(timestamp)) > toleranceSeconds)
    return false;
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  return signature.split(" ").some((each) => {
    const given = Buffer.from(each.startsWith("v1,") ? each.slice(3) : "", "base64");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

function keyOf(sourceId: string, webhookNumber: number): Buffer {
  const info = `skep.source.webhook.v1:${sourceId}:${webhookNumber}`;
  return Buffer.from(hkdfSync("sha256", configuration().sessionSecret, "", info, 32));
}

/** Null: all of them. What cannot be read counts as that, too: to look once more does no harm. */
function pathsIn(body: Buffer): string[] | null {
  try {
    const { paths } = JSON.parse(body.toString("utf8")) as { paths?: unknown };
    return Array.isArray(paths) && paths.every((path) => typeof path === "string") ? paths.slice(0, 1000) : null;
  } catch {
    return null;
  }
}
