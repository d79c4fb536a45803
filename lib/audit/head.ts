import "server-only";
import { sign, verify } from "node:crypto";
import { z } from "zod";
import { type Repeating, repeating } from "#lib/clock/repeating.ts";
import { type Clock, systemClock } from "#lib/clock.ts";
import { type Database, database } from "#lib/db/client.ts";
import { configuration } from "#lib/env.ts";
import { logOf } from "#lib/log.ts";
import { canonicalBytes } from "./canonical.ts";
import { headKey, publicHeadKey } from "./head-key.ts";

const signedHead = z.object({
  skep: z.literal("audit-head"),
  sequence: z.number().int().positive(),
  head: z.string().regex(/^[0-9a-f]{64}$/),
  time: z.string(),
  key: z.string(),
  signature: z.string(),
});

/** Where the history stood at a time, signed: a copy of it outside the database is what tells a cut-off or rewritten end. */
export type SignedHead = z.infer<typeof signedHead>;

/** The head of the history as it is now; null while it is empty. */
export async function signHead(options: {
  sessionSecret: string;
  clock: Clock;
  database: Database;
}): Promise<SignedHead | null> {
  const [row] = await options.database.$queryRaw<{ sequence: bigint; head: string }[]>`
    SELECT "sequence", encode("hash", 'hex') AS head FROM "AuditEvent"
    WHERE "sequence" IS NOT NULL ORDER BY "sequence" DESC LIMIT 1`;
  if (!row) return null;
  const { privateKey, publicKey } = headKey(options.sessionSecret);
  const said = {
    skep: "audit-head" as const,
    sequence: Number(row.sequence),
    head: row.head,
    time: options.clock.now().toISOString(),
    key: publicKey,
  };
  return { ...said, signature: sign(null, canonicalBytes(said), privateKey).toString("base64url") };
}

/** The head in a line of a log, if there is one; null where the signature is not of this key. */
export function readHead(line: string, publicKey: string | null): SignedHead | "forged" | null {
  const start = line.indexOf('{"');
  if (start === -1 || !line.includes('"audit-head"')) return null;
  const parsed = signedHead.safeParse(parse(line.slice(start)));
  if (!parsed.success) return null;
  const { signature, ...said } = parsed.data;
  if (publicKey !== null && said.key !== publicKey) return "forged";
  const isSigned = verify(null, canonicalBytes(said), publicHeadKey(said.key), Buffer.from(signature, "base64url"));
  return isSigned ? parsed.data : "forged";
}

/** Writes the signed head as one line, now and every minute. */
export function startHeadLine(write: (line: string) => void): Repeating {
  const log = logOf("audit");
  return repeating({
    everySeconds: 60,
    async work(isStopped) {
      const { sessionSecret } = configuration();
      const head = await signHead({ sessionSecret, clock: systemClock, database: database() });
      if (head && !isStopped()) write(JSON.stringify(head));
    },
    onError: (error) => log.warn("audit-head.not-written", {}, error),
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
