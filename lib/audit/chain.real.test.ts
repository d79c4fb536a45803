import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { connectAs } from "#lib/db/connect.ts";
import { testDatabase } from "#lib/db/test-database.ts";
import { transaction } from "#lib/db/transaction.ts";
import { isAppError } from "#lib/errors.ts";
import { appendAudit } from "./append.ts";
import { chainStart, walkChain } from "./chain.ts";
import { sampleEvent, tampering } from "./sample.ts";

const { database, ownerUrl, asOwner } = await testDatabase();

function append(name = "db_password"): Promise<{ id: string }> {
  return transaction((tx) => appendAudit(tx, sampleEvent(name)), { database });
}

async function tamper(sql: string): Promise<void> {
  await asOwner(tampering(sql));
}

const resealed = `skep_audit_hash("sequence", "previousHash", "body")`;

beforeEach(async () => {
  await tamper(`DELETE FROM "AuditEvent"`);
  for (let number = 1; number <= 10; number += 1) await append(`secret_${number}`);
});

describe("the chain", () => {
  it("is consistent as long as nobody touched it", async () => {
    const report = await walkChain({ database });
    expect(report).toMatchObject({ reached: { sequence: 10 }, checked: 10, fault: null });
    expect(await walkChain({ database, from: report.reached })).toMatchObject({ checked: 0, fault: null });
  });

  it.each([
    ["an altered body", `UPDATE "AuditEvent" SET "body" = "body" || ' ' WHERE "sequence" = 4`, 4, "its hash is not"],
    ["a removed event", `DELETE FROM "AuditEvent" WHERE "sequence" = 4`, 4, "the event is missing"],
    ["removed events", `DELETE FROM "AuditEvent" WHERE "sequence" BETWEEN 4 AND 6`, 4, "the events 4 to 6 are missing"],
    ["a removed beginning", `DELETE FROM "AuditEvent" WHERE "sequence" < 3`, 1, "the events 1 to 2 are missing"],
    [
      "two bodies exchanged",
      `UPDATE "AuditEvent" a SET "body" = b."body" FROM "AuditEvent" b WHERE a."sequence" IN (4, 7) AND b."sequence" = 11 - a."sequence"`,
      4,
      "its hash is not",
    ],
    [
      "two places exchanged",
      `UPDATE "AuditEvent" SET "sequence" = 1000 WHERE "sequence" = 4; UPDATE "AuditEvent" SET "sequence" = 4 WHERE "sequence" = 7; UPDATE "AuditEvent" SET "sequence" = 7 WHERE "sequence" = 1000`,
      4,
      "its hash is not",
    ],
    [
      "an event rewritten with a right hash",
      `UPDATE "AuditEvent" SET "body" = replace(convert_from("body", 'UTF8'), 'ops.one', 'ops.two')::bytea, "actorName" = 'ops.two' WHERE "sequence" = 4; UPDATE "AuditEvent" SET "hash" = ${resealed} WHERE "sequence" = 4`,
      5,
      "it does not follow event 4",
    ],
    [
      "a forged event at the end",
      `INSERT INTO "AuditEvent" SELECT 'forged', 11, sha256('x'), skep_audit_hash(11, sha256('x'), "body"), "body", "type", "occurredAt", "actorId", "actorName", "clusterId", "operationId", "outcome", "secretNames", "serviceNames", "subjectIds", "callKey" FROM "AuditEvent" WHERE "sequence" = 4`,
      11,
      "it does not follow event 10",
    ],
    [
      "an event put in without a seal",
      `INSERT INTO "AuditEvent" ("id", "body", "type", "occurredAt", "actorName", "outcome") VALUES ('forged', '{}', 'x', now(), 'x', 'done')`,
      11,
      "an event without a seal was put into the history (forged)",
    ],
    [
      "a column that lists show",
      `UPDATE "AuditEvent" SET "actorName" = 'somebody else' WHERE "sequence" = 4`,
      4,
      "its columns do not say",
    ],
    [
      "a column that filters use",
      `UPDATE "AuditEvent" SET "secretNames" = '{}' WHERE "sequence" = 4`,
      4,
      "its columns",
    ],
  ])("names %s", async (_what, sql, sequence, reason) => {
    await tamper(sql);
    const { fault, reached } = await walkChain({ database });
    expect(fault).toEqual({ sequence, reason: expect.stringContaining(reason) });
    expect(reached.sequence).toBe(Math.min(sequence - 1, 10));
  });

  it.each([
    [
      "the hash that was kept, whatever the body says",
      `CREATE OR REPLACE FUNCTION skep_audit_hash(sequence bigint, previous bytea, body bytea) RETURNS bytea LANGUAGE sql
        STABLE AS 'SELECT e."hash" FROM public."AuditEvent" e WHERE e."sequence" = $1'`,
      `UPDATE "AuditEvent" SET "body" = replace(convert_from("body", 'UTF8'), '192.0.2.7', '192.0.2.8')::bytea WHERE "sequence" = 4`,
    ],
    [
      "nothing of the columns",
      `CREATE OR REPLACE FUNCTION skep_audit_facts(event "AuditEvent") RETURNS bytea LANGUAGE sql STABLE AS $$ SELECT ''::bytea $$`,
      `UPDATE "AuditEvent" SET "actorName" = 'somebody else' WHERE "sequence" = 4`,
    ],
  ])("asks no function that the owner could make tell %s", async (_what, replaced, sql) => {
    const name = replaced.split(/[ (]/)[4];
    const [own] = await asOwner<{ text: string }>(`SELECT pg_get_functiondef('${name}'::regproc) AS text`);
    await tamper(`${replaced}; ${sql}`);
    const { fault } = await walkChain({ database });
    await asOwner(own?.text ?? "");
    expect(fault?.sequence).toBe(4);
  });

  it("notices, from a place that was kept, that the end was cut off and written anew", async () => {
    const { reached } = await walkChain({ database });
    await tamper(`DELETE FROM "AuditEvent" WHERE "sequence" > 8`);
    expect((await walkChain({ database })).fault).toBeNull();
    expect((await walkChain({ database, from: reached })).fault?.sequence).toBe(10);
    for (let number = 9; number <= 12; number += 1) await append(`other_${number}`);
    expect((await walkChain({ database })).fault).toBeNull();
    expect((await walkChain({ database, from: reached })).fault).toEqual({
      sequence: 10,
      reason: "the event is not the one that was there before",
    });
  });
});

describe("the seal", () => {
  it("gives 16 writers at once one dense order", async () => {
    await Promise.all(
      Array.from({ length: 16 }, async (_, writer) => {
        for (let number = 0; number < 10; number += 1) await append(`w${writer}_${number}`);
      }),
    );
    const report = await walkChain({ database });
    expect(report).toMatchObject({ reached: { sequence: 170 }, checked: 170, fault: null });
  });

  it("leaves no gap where a transaction was rolled back", async () => {
    const failing = transaction(
      async (tx) => {
        await appendAudit(tx, sampleEvent("lost"));
        throw new RangeError("after the event");
      },
      { database },
    );
    await expect(failing).rejects.toThrow(RangeError);
    await append("kept");
    expect((await walkChain({ database })).reached.sequence).toBe(11);
  });

  it("keeps the order of one transaction's events", async () => {
    await transaction(
      async (tx) => {
        for (const name of ["a", "b", "c"]) await appendAudit(tx, sampleEvent(name));
      },
      { database },
    );
    const rows = await database.auditEvent.findMany({ orderBy: { sequence: "asc" }, skip: 10 });
    expect(rows.map((row) => row.secretNames[0])).toEqual(["a", "b", "c"]);
  });

  it.each(["RepeatableRead", "Serializable"] as const)("refuses an event in %s", async (isolation) => {
    const refused = transaction((tx) => appendAudit(tx, sampleEvent("x")), { database, isolation });
    await expect(refused).rejects.toSatisfy((error) => isAppError(error, "audit-refused"));
    expect(await database.auditEvent.count()).toBe(10);
  });

  it("tells when the seal fails at COMMIT, and then nothing of the transaction is there", async () => {
    await asOwner(`ALTER TABLE "AuditEvent" ADD CONSTRAINT "full" CHECK ("sequence" < 11)`);
    try {
      const failing = transaction(
        async (tx) => {
          await tx.setting.create({ data: { key: "x", value: 1 } });
          await appendAudit(tx, sampleEvent("x"));
        },
        { database },
      );
      await expect(failing).rejects.toSatisfy(
        (error) => isAppError(error) && !/INSERT|secret_|body/.test(String(error.cause)),
      );
      expect(await database.setting.count()).toBe(0);
      expect(await database.auditEvent.count()).toBe(10);
    } finally {
      await asOwner(`ALTER TABLE "AuditEvent" DROP CONSTRAINT "full"`);
    }
  });
});

describe("an answer to COMMIT that is lost", () => {
  it("is an error, and does not count as written", async () => {
    await connectAs(ownerUrl, async (holder) => {
      await holder.query("SELECT pg_advisory_lock(7310577302117048)");
      const lost = append("lost").catch((error: unknown) => error);
      const waiting = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
      await expect.poll(async () => (await holder.query(waiting)).rows.length).toBe(1);
      await holder.query(`SELECT pg_terminate_backend(pid) FROM (${waiting}) AS waiting`);
      expect(isAppError(await lost, "database-unreachable")).toBe(true);
    });
    await append("next");
    const rows = await database.auditEvent.findMany({ orderBy: { sequence: "desc" }, take: 1 });
    expect(rows).toMatchObject([{ sequence: 11n, secretNames: ["next", "next_v8"] }]);
  });
});

describe("the history", () => {
  const seals = [
    ["a sequence", `INSERT INTO "AuditEvent" ("id", "body", "sequence") VALUES ('x', '{}', 99)`],
    [
      "a hash",
      `INSERT INTO "AuditEvent" ("id", "body", "hash", "previousHash") VALUES ('x', '{}', sha256('a'), sha256('b'))`,
    ],
    ["a column beside the body", `INSERT INTO "AuditEvent" ("id", "body", "actorName") VALUES ('x', '{}', 'y')`],
  ] as const;
  const changes = [
    ["an update", `UPDATE "AuditEvent" SET "actorName" = 'x' WHERE "sequence" = 3`],
    ["an update of a seal", `UPDATE "AuditEvent" SET "sequence" = 99, "hash" = sha256('x') WHERE "sequence" = 3`],
    ["a removal", `DELETE FROM "AuditEvent" WHERE "sequence" = 10`],
    ["emptying", `TRUNCATE "AuditEvent"`],
  ] as const;

  it.each([...seals, ...changes])("refuses %s by the application's role", async (_what, sql) => {
    await expect(database.$executeRawUnsafe(sql)).rejects.toSatisfy((error) => isAppError(error));
    expect(await walkChain({ database })).toMatchObject({ checked: 10, fault: null });
  });

  it.each([...seals.slice(0, 2), ...changes])("refuses %s by the owner", async (_what, sql) => {
    await expect(asOwner(sql)).rejects.toMatchObject({ code: "SK001" });
  });

  it("refuses an owner who inserts and rewrites in one transaction", async () => {
    const body = `convert_to(replace(convert_from("body", 'UTF8'), "id", 'mine'), 'UTF8')`;
    const sql = `BEGIN; INSERT INTO "AuditEvent" ("id", "body") SELECT 'mine', ${body} FROM "AuditEvent" WHERE "sequence" = 3;
      UPDATE "AuditEvent" SET "sequence" = 500 WHERE "id" = 'mine'; COMMIT`;
    await expect(asOwner(sql)).rejects.toMatchObject({ code: "SK001" });
  });

  it.each([
    ["is not JSON", "nonsense"],
    ["has other facts than its row", `{"facts":{"id":"other"}}`],
    ["is not in the one spelling", `{"facts": {"id": "x"}}`],
  ])("refuses a body that %s", async (_what, body) => {
    await expect(
      database.$executeRaw`INSERT INTO "AuditEvent" ("id", "body") VALUES ('x', ${Buffer.from(body)})`,
    ).rejects.toSatisfy((error) => isAppError(error));
  });

  it("takes whatever people and Docker call things, and spells it as Postgres does", async () => {
    const anyName = fc.string({ unit: "binary", maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(anyName, anyName, async (name, actorName) => {
        const actor = { type: "schedule", setBy: actorName } as const;
        await transaction((tx) => appendAudit(tx, sampleEvent(name, { actor, operationId: name })), { database });
      }),
      { numRuns: 200, examples: [['"\\\b\f\n\r\t\u001f\u007f\u2028/é😀', "\ud800\0"]] },
    );
    expect(await walkChain({ database })).toMatchObject({ fault: null });
  });

  it("starts at a known place", () => expect(chainStart).toEqual({ sequence: 0, hash: "0".repeat(64) }));
});
