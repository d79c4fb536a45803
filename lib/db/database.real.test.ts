import { describe, expect, it } from "vitest";
import { AppError, isAppError } from "#lib/errors.ts";
import { connectDatabase } from "./client.ts";
import { connectAs } from "./connect.ts";
import { isUniqueViolation } from "./errors.ts";
import { takeLock } from "./lock.ts";
import { migrate } from "./migrate.ts";
import { listen, notify } from "./notify.ts";
import { testDatabase } from "./test-database.ts";
import { transaction } from "./transaction.ts";

const { database, url, ownerUrl, asOwner, name } = await testDatabase();
const secret = { clusterId: "c1", name: "db_password" };

describe("a transaction", () => {
  it("keeps all of it or nothing, and gives the work's own error back as it was", async () => {
    const own = new RangeError("own");
    const failing = transaction(
      async (tx) => {
        await tx.secret.create({ data: { id: "s0", ...secret } });
        throw own;
      },
      { database },
    );
    await expect(failing).rejects.toBe(own);
    expect(await database.secret.count()).toBe(0);
  });

  it("is READ COMMITTED unless asked otherwise", async () => {
    const isolation = (options = {}) =>
      transaction((tx) => tx.$queryRaw`SELECT current_setting('transaction_isolation') AS level`, {
        database,
        ...options,
      });
    expect(await isolation()).toEqual([{ level: "read committed" }]);
    expect(await isolation({ isolation: "RepeatableRead" })).toEqual([{ level: "repeatable read" }]);
  });

  it("is over when it takes too long, with nothing kept", async () => {
    const slow = transaction(
      async (tx) => {
        await tx.setting.create({ data: { key: "slow", value: 1 } });
        await tx.$queryRaw`SELECT 1 FROM pg_sleep(1)`;
        await tx.$queryRaw`SELECT 1`;
      },
      { database, timeoutSeconds: 0.3 },
    );
    await expect(slow).rejects.toBeInstanceOf(AppError);
    expect(await database.setting.count()).toBe(0);
  });
});

describe("an error of the database", () => {
  it("tells a unique index from everything else, and carries no argument", async () => {
    const canary = "canary-4711";
    await database.secret.create({ data: { id: "s1", ...secret } });
    const again = database.secret.create({ data: { id: "s1", clusterId: canary, name: canary, description: canary } });
    const error: unknown = await again.catch((cause: unknown) => cause);
    expect(isUniqueViolation(error)).toBe(true);
    expect(isUniqueViolation(error, "Secret_pkey")).toBe(true);
    expect(isUniqueViolation(error, "Secret_name_free")).toBe(false);
    expect(JSON.stringify(error) + String(error) + String((error as Error).cause)).not.toContain(canary);
    const raw: unknown = await database.$executeRaw`SELECT ${canary}::int`.catch((cause: unknown) => cause);
    expect(isAppError(raw, "unexpected")).toBe(true);
    expect(JSON.stringify(raw) + String(raw) + String((raw as Error).cause)).not.toContain(canary);
    expect(isUniqueViolation(raw)).toBe(false);
  });

  it.each([
    ["nothing listens", "postgresql://a:b@127.0.0.1:1/x"],
    ["the socket is not there", "postgresql://a:b@localhost/x?host=/nowhere"],
    ["the host is unknown", "postgresql://a:b@nowhere.invalid/x"],
  ])("says that the database cannot be reached when %s", async (_what, wrong) => {
    const nowhere = connectDatabase(wrong);
    await expect(nowhere.secret.count()).rejects.toSatisfy((error) => isAppError(error, "database-unreachable"));
    const begun = transaction((tx) => tx.secret.count(), { database: nowhere });
    await expect(begun).rejects.toSatisfy((error) => isAppError(error, "database-unreachable"));
    const raw = nowhere.$queryRaw`SELECT 1`;
    await expect(raw).rejects.toSatisfy((error) => isAppError(error, "database-unreachable"));
  });

  it("says so when Postgres does not answer any more, and works again when it does", async () => {
    const impatient = connectDatabase(url, { answerSeconds: 1 });
    const silent = impatient.$queryRaw`SELECT 1 FROM pg_sleep(20)`;
    await expect(silent).rejects.toSatisfy((error) => isAppError(error, "database-unreachable"));
    const within = transaction((tx) => tx.$queryRaw`SELECT 1 FROM pg_sleep(4)`, { database: impatient });
    await expect(within).rejects.toSatisfy((error) => isAppError(error, "database-unreachable"));
    const count = () => impatient.secret.count().catch(() => null);
    await expect.poll(count).toBe(1);
    await impatient.$disconnect();
  });

  it("says so too when the connection is cut, and works again after", async () => {
    const cut = transaction(
      async (tx) => {
        const [row] = await tx.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
        await asOwner("SELECT pg_terminate_backend($1)", [row?.pid]);
        await tx.secret.count();
      },
      { database },
    );
    await expect(cut).rejects.toSatisfy((error) => isAppError(error, "database-unreachable"));
    expect(await database.secret.count()).toBe(1);
  });
});

describe("a Postgres without room", () => {
  it("says so at a write, a raw query and a commit, keeps nothing, and works again when there is room", async () => {
    const full = `LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'canary-4712' USING ERRCODE = 'disk_full'; END $$`;
    await asOwner(`CREATE FUNCTION no_room() RETURNS trigger ${full}`);
    await asOwner(`CREATE TRIGGER at_once BEFORE INSERT ON "Setting" EXECUTE FUNCTION no_room()`);
    await asOwner(`CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON "Swarm" DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION no_room()`);
    const refused = [
      database.setting.create({ data: { key: "k", value: 1 } }),
      database.$executeRaw`INSERT INTO "Setting" ("key", "value") VALUES ('k', '1')`,
      transaction((tx) => tx.setting.create({ data: { key: "k", value: 1 } }), { database }),
      transaction((tx) => tx.swarm.create({ data: { clusterId: "c9", name: "n" } }), { database }),
    ];
    for (const error of await Promise.all(refused.map((work) => work.catch((cause: unknown) => cause)))) {
      expect(isAppError(error, "database-unreachable"), String(error)).toBe(true);
      expect(String(error)).toContain("The disk of the database is full.");
      expect(String((error as Error).cause)).toContain("53100");
      expect(JSON.stringify(error) + String((error as Error).cause)).not.toContain("canary");
    }
    await asOwner("DROP FUNCTION no_room CASCADE");
    expect(await database.setting.count({ where: { key: "k" } })).toBe(0);
    await database.setting.create({ data: { key: "k", value: 1 } });
  });

  it("says that it takes no more connections, to pages and to the migrations", async () => {
    const oneMore = connectDatabase(url);
    await connectAs(ownerUrl, async (owner) => {
      const sentence = /^database-unreachable: The database takes no more connections\./;
      await owner.query(`ALTER DATABASE ${name} CONNECTION LIMIT 0`);
      try {
        await expect(oneMore.setting.count()).rejects.toThrow(sentence);
        await expect(transaction((tx) => tx.setting.count(), { database: oneMore })).rejects.toThrow(sentence);
        await expect(migrate({ ownerUrl, applicationUrl: url })).rejects.toThrow(sentence);
      } finally {
        await owner.query(`ALTER DATABASE ${name} CONNECTION LIMIT -1`);
      }
    });
    await expect(oneMore.setting.count()).resolves.toBe(1);
    await oneMore.$disconnect();
  });
});

describe("the rules of the tables", () => {
  it("allow one open operation per secret", async () => {
    const operation = { clusterId: "c1", kind: "rotate", plan: {}, actor: {} };
    for (const id of ["o1", "o2"]) await database.operation.create({ data: { id, ...operation } });
    await database.operationSecret.create({ data: { operationId: "o1", secretId: "s9" } });
    const second = database.operationSecret.create({ data: { operationId: "o2", secretId: "s9" } });
    await expect(second).rejects.toSatisfy((error) => isUniqueViolation(error, "OperationSecret_one_open"));
    await database.operationSecret.updateMany({ where: { operationId: "o1" }, data: { isOpen: false } });
    await database.operationSecret.create({ data: { operationId: "o2", secretId: "s9" } });
  });

  it("take a name once without regard to case, and again when the secret is removed", async () => {
    const twin = { id: "s2", clusterId: "c1", name: "DB_Password" };
    await expect(database.secret.create({ data: twin })).rejects.toSatisfy((error) =>
      isUniqueViolation(error, "Secret_name_free"),
    );
    await database.secret.create({ data: { ...twin, clusterId: "c2" } });
    await database.secret.update({ where: { id: "s1" }, data: { removedAt: new Date() } });
    await database.secret.create({ data: { ...twin, id: "s3" } });
  });
});

describe("locks", () => {
  it("are held until the transaction ends", async () => {
    const order: string[] = [];
    const enter = (name: string) =>
      transaction(async (tx) => void (await takeLock(tx, name).then(() => order.push(name))), { database });
    const waiting = await transaction(
      async (tx) => {
        await takeLock(tx, "one");
        const waits = enter("one");
        await enter("two");
        order.push("end");
        return { waits };
      },
      { database },
    );
    await waiting.waits;
    expect(order).toEqual(["two", "end", "one"]);
  });
});

describe("notifications", () => {
  it("reach every listener when the transaction commits, and none when it does not", async () => {
    const heard: (string | null)[] = [];
    const stop = listen("skep_operation", (payload) => void heard.push(payload), url);
    const stopOther = listen("skep_changed", (payload) => void heard.push(`changed ${payload}`), url);
    await expect.poll(() => heard).toContain(null);
    await transaction(
      async (tx) => {
        await notify(tx, "skep_operation", "lost");
        throw new RangeError("no");
      },
      { database },
    ).catch(() => undefined);
    await transaction((tx) => notify(tx, "skep_operation", "kept"), { database });
    await expect.poll(() => heard).toContain("kept");
    expect(heard).not.toContain("lost");
    await database.operation.create({ data: { id: "o3", clusterId: "c1", kind: "rotate", plan: {}, actor: {} } });
    await expect.poll(() => heard).toContain("o3");
    await expect.poll(() => heard).toContain("changed Operation");
    stop();
    stopOther();
  });

  it("come again after the connection was cut, and the listener is told that it may have missed some", async () => {
    const heard: (string | null)[] = [];
    const stop = listen("skep_changed", (payload) => void heard.push(payload), url);
    await expect.poll(() => heard).toEqual([null]);
    await asOwner(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'skep listener' AND datname = $1",
      [name],
    );
    await expect.poll(() => heard).toEqual([null, null]);
    await transaction((tx) => notify(tx, "skep_changed", "again"), { database });
    await expect.poll(() => heard).toContain("again");
    stop();
    const left = () =>
      connectAs(url, (client) =>
        client.query(
          "SELECT 1 FROM pg_stat_activity WHERE application_name = 'skep listener' AND datname = current_database()",
        ),
      );
    await expect.poll(async () => (await left()).rows).toEqual([]);
  });
});
