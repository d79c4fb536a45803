import { randomUUID } from "node:crypto";
import { appendAudit } from "#lib/audit/append.ts";
import { canonicalBytes } from "#lib/audit/canonical.ts";
import { walkChain } from "#lib/audit/chain.ts";
import { sampleEvent } from "#lib/audit/sample.ts";
import { connectDatabase, type Database } from "#lib/db/client.ts";
import { connectAs } from "#lib/db/connect.ts";
import { transaction } from "#lib/db/transaction.ts";
import { atEnd } from "./cleanup.ts";
import { median, printFigure } from "./figure.ts";
import { benchFolder, benchPostgres } from "./ground.ts";

const rounds = 7;
const sliceSeconds = 1.5;
const verifiedEvents = 200_000;

/** Sealed appends against plain inserts of the same rows by the same client, taken in turns; then the walk over all of it. */
export async function run(): Promise<void> {
  const { ownerUrl, applicationUrl } = await benchPostgres(benchFolder());
  await connectAs(ownerUrl, (client) =>
    client.query(`CREATE TABLE "PlainEvent" (LIKE "AuditEvent" INCLUDING INDEXES INCLUDING DEFAULTS);
      GRANT INSERT ON "PlainEvent" TO skep_app`),
  );
  const database = connectDatabase(applicationUrl, { connections: 16 });
  atEnd(() => database.$disconnect());
  await measureWriters(database);
  await fill(database);
  await connectAs(ownerUrl, (client) => client.query(`VACUUM ANALYZE "AuditEvent"`));
  await measureWalk(database);
}

async function measureWriters(database: Database): Promise<void> {
  const rates: Record<"plain" | "one" | "sixteen", number[]> = { plain: [], one: [], sixteen: [] };
  await rateOf(1, () => insertPlain(database));
  await rateOf(16, () => appendSealed(database));
  for (let round = 0; round < rounds; round += 1) {
    rates.plain.push(await rateOf(1, () => insertPlain(database)));
    rates.one.push(await rateOf(1, () => appendSealed(database)));
    rates.sixteen.push(await rateOf(16, () => appendSealed(database)));
  }
  const ratioOf = (over: number[], under: number[]) => median(over.map((rate, round) => rate / (under[round] ?? 1)));
  const one = ratioOf(rates.one, rates.plain);
  printFigure({
    figure: "audit.one-writer",
    value: median(rates.one),
    unit: "events/s",
    ratio: one,
    against: `plain inserts by the same client, ${Math.round(median(rates.plain))}/s`,
    aim: 0.7,
    isHeld: one >= 0.7,
  });
  const sixteen = ratioOf(rates.sixteen, rates.one);
  printFigure({
    figure: "audit.sixteen-writers",
    value: median(rates.sixteen),
    unit: "events/s",
    ratio: sixteen,
    against: "one writer's rate",
    aim: 0.9,
    isHeld: sixteen >= 0.9,
  });
}

async function measureWalk(database: Database): Promise<void> {
  const rates: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const started = performance.now();
    const { checked, fault } = await walkChain({ database });
    if (fault) throw new Error("The chain of the bench is broken.");
    rates.push(checked / ((performance.now() - started) / 1000));
  }
  const rate = median(rates);
  printFigure({
    figure: "audit.verification",
    value: rate,
    unit: "events/s",
    ratio: rate / 100_000,
    against: "its aim",
    aim: 100_000,
    isHeld: rate >= 100_000,
  });
}

async function rateOf(writers: number, write: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  let written = 0;
  const isOver = () => performance.now() - started > sliceSeconds * 1000;
  await Promise.all(
    Array.from({ length: writers }, async () => {
      for (; !isOver(); written += 1) await write();
    }),
  );
  return written / ((performance.now() - started) / 1000);
}

function appendSealed(database: Database): Promise<unknown> {
  return transaction((tx) => appendAudit(tx, sampleEvent()), { database });
}

/** The same row, with the columns that the seal would read out of it, in a table like it: same indexes, no triggers. */
function insertPlain(database: Database): Promise<unknown> {
  const event = sampleEvent();
  const id = randomUUID();
  const names = ["db_password", "db_password_v8"];
  const facts = {
    id,
    at: new Date().toISOString(),
    type: event.detail.type,
    secretNames: names,
    serviceNames: ["shop_api"],
  };
  const body = canonicalBytes({ actor: event.actor, detail: event.detail, facts });
  return transaction(
    (tx) => tx.$executeRaw`INSERT INTO "PlainEvent"
      ("id", "body", "type", "occurredAt", "actorId", "actorName", "clusterId", "outcome", "secretNames", "serviceNames", "subjectIds")
      VALUES (${id}, ${body}, ${facts.type}, now(), 'person-1', 'ops.one', 'cluster-1', 'intended', ${names},
        ARRAY['shop_api'], ARRAY['service-1'])`,
    { database },
  );
}

/** Enough events that the walk is measured, and not its start. */
async function fill(database: Database): Promise<void> {
  for (let filled = 0; filled < verifiedEvents; filled += 20_000) {
    await transaction(
      (tx) => tx.$executeRaw`INSERT INTO "AuditEvent" ("id", "body")
        SELECT fresh, convert_to(replace(convert_from("body", 'UTF8'), "id", fresh), 'UTF8')
        FROM (SELECT "id", "body" FROM "AuditEvent" WHERE "sequence" = 1) one,
          (SELECT gen_random_uuid()::text AS fresh FROM generate_series(1, 20000)) many`,
      { database, timeoutSeconds: 120 },
    );
  }
}
