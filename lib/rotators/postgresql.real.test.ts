import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { connectAs, withDatabase } from "#lib/db/connect.ts";
import { isAppError } from "#lib/errors.ts";
import { waitUntil } from "#lib/ground/process.ts";
import { type TestPostgres, testPostgres } from "#lib/ground/test-postgres.ts";
import { describeError } from "#lib/log.ts";
import { testAuthority } from "#lib/swarm/test-certificates.ts";
import { SecretValue } from "#lib/value.ts";
import type { Finishing, Turn } from "./contract.ts";
import { isRotatorFailure, type RotatorFailure, type RotatorReason } from "./failure.ts";
import { openPostgresql } from "./postgresql.ts";
import { requireAsked } from "./postgresql-asks.ts";
import { type RotatorSettingsOf, rotatorSettings } from "./schema.ts";
import { scramVerifier } from "./scram.ts";

type Settings = RotatorSettingsOf<"postgresql">;

const authority = testAuthority("The authority of the database");
let postgres: TestPostgres;
let plain: TestPostgres;

beforeAll(async () => {
  postgres = await testPostgres({ certificate: authority.issue("database") });
  plain = await testPostgres();
});

/** Everything that must be nowhere but in the hands of those who sign in, and every failure that was seen. */
const secrets = new Set<string>();
const failures: unknown[] = [];
const endings: (() => unknown)[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const end of endings.splice(0).reverse()) await end();
});

function secret(around: [string, string] = ["", ""]): string {
  const text = around.join(randomBytes(15).toString("base64url"));
  secrets.add(text);
  return text;
}

const asValue = (text: string) => new SecretValue(Buffer.from(text));

type Options = { server?: TestPostgres; authority?: string | null } & Partial<Settings>;

/** Skep's own login with the rights that the docs name, and two logins of services. */
async function scene({ server = postgres, authority: trusted = authority.ca, ...changes }: Options = {}) {
  const tag = randomBytes(4).toString("hex");
  const [user, a, b] = [`skep_${tag}`, `app_a_${tag}`, `app_b_${tag}`];
  const own = secret();
  await server.asSuperuser(`
    CREATE ROLE ${user} LOGIN CREATEROLE PASSWORD '${await scramVerifier(Buffer.from(own))}';
    CREATE ROLE ${a} LOGIN; CREATE ROLE ${b} LOGIN;
    GRANT ${a}, ${b} TO ${user} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
  const settings = rotatorSettings.parse({
    kind: "postgresql",
    host: "localhost",
    port: server.port,
    database: "postgres",
    user,
    credential: "skep-database",
    logins: [a, b],
    allowsPrivateAddresses: true,
    ...changes,
  }) as Settings;
  // What the form refuses may be in settings all the same.
  const open = (more: Partial<Settings> = {}, known = trusted) => {
    const surroundings = { name: "shop-db", credential: async () => own, now: () => new Date() };
    const rotator = openPostgresql({ ...settings, ...changes, ...more }, surroundings, known);
    endings.push(() => rotator.close());
    return rotator;
  };
  return { server, tag, user, a, b, rotator: open(), open };
}

const turn = (login: string | null, generation = 1): Turn => ({ operationId: "an-operation", generation, login });

const finishing = (login: string, oldLogin: string | null, locksOld: boolean, generation = 1): Finishing => ({
  ...turn(login, generation),
  oldLogin,
  locksOld,
});

async function failureOf(work: Promise<unknown>): Promise<RotatorFailure> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  failures.push(error);
  if (!isRotatorFailure(error)) throw new Error("There was no failure of a rotator.", { cause: error });
  return error;
}

async function reasonOf(work: Promise<unknown>): Promise<RotatorReason> {
  return (await failureOf(work)).reason;
}

async function commentOf(server: TestPostgres, login: string) {
  const sql = "SELECT shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = $1";
  return (await server.asSuperuser<{ comment: string | null }>(sql, [login]))[0]?.comment;
}

/** Has the server go by these lines first, until the test is over. */
async function withRules(server: TestPostgres, ...lines: string[]): Promise<void> {
  const path = "/proc/self/cwd/pg_hba.conf";
  const usual = (await server.asSuperuser<{ text: string }>("SELECT pg_read_file($1) AS text", [path]))[0]?.text ?? "";
  const go = async (text: string) => {
    const loaded = async () => (await server.asSuperuser<{ at: Date }>("SELECT pg_conf_load_time() AS at"))[0]?.at;
    const before = await loaded();
    const rows = text
      .trimEnd()
      .split("\n")
      .map((line) => `('${line}')`);
    await server.asSuperuser(`COPY (VALUES ${rows.join(", ")}) TO '${path}'; SELECT pg_reload_conf()`);
    expect(await waitUntil(async () => (await loaded())?.getTime() !== before?.getTime(), 10)).toBe(true);
  };
  endings.push(() => go(usual));
  await go([...lines, usual].join("\n"));
}

/** A server of a few lines, for what no Postgres does. */
async function fakeServer(onConnection: (socket: Socket) => void) {
  let received = Buffer.alloc(0);
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => (received = Buffer.concat([received, chunk])));
    onConnection(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  endings.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets, received: () => received.toString("latin1") };
}

/** A message that asks for a password, by the number of the way. */
function request(way: number, rest = ""): Buffer {
  const content = Buffer.from(rest, "latin1");
  const head = Buffer.from([0x52, 0, 0, 0, 8 + content.length, 0, 0, 0, way]);
  return Buffer.concat([head, content]);
}

describe("a password that is set", () => {
  it("works without TLS where the settings allow it", async () => {
    const { rotator, a } = await scene({ server: plain, usesTls: false });
    const password = asValue(secret());
    await rotator.set(turn(a), password);
    expect(await rotator.test(turn(a), password)).toBe(true);
  });

  it.each([
    ["quotes", "'\"`"],
    ["a backslash", "\\"],
    ["what URLs and .pgpass divide by", ":@/?#%&=$"],
    ["blanks at its ends", " "],
  ])("may hold %s", async (_, part) => {
    const { rotator, a } = await scene();
    const password = asValue(secret([part, part]));
    await rotator.set(turn(a), password);
    expect(await rotator.test(turn(a), password)).toBe(true);
  });

  it.each(["grüße-", "tab\t", "line\n", "nul\0"])("is refused where it holds other characters: %j", async (part) => {
    const { rotator, a, server } = await scene();
    const failure = await failureOf(rotator.set(turn(a), asValue(secret([part, ""]))));
    expect(failure).toMatchObject({ reason: "refused", publicMessage: expect.stringContaining("printable ASCII") });
    expect(await commentOf(server, a)).toBeNull();
  });

  it("is refused where the server judges it so", async () => {
    const { rotator, server, user, a } = await scene();
    await server.asSuperuser(`ALTER ROLE ${user} SET session_preload_libraries = 'passwordcheck'`);
    expect(await reasonOf(rotator.set(turn(a), asValue(a)))).toBe("refused");
    await rotator.set(turn(a), asValue(secret()));
  });

  it("is that of the login with exactly this name, whatever the name holds", async () => {
    const { server, user, tag, open } = await scene();
    const odd = `Odd "login'; \\ ${tag}`;
    const quoted = `"${odd.replaceAll('"', '""')}"`;
    await server.asSuperuser(`CREATE ROLE ${quoted} LOGIN; GRANT ${quoted} TO ${user} WITH ADMIN OPTION`);
    const rotator = open({ logins: [odd] });
    const password = asValue(secret());
    await rotator.check();
    await rotator.set(turn(odd), password);
    expect(await rotator.test(turn(odd), password)).toBe(true);
  });

  it("belongs to a login", async () => {
    const { rotator } = await scene();
    const isAsked = (error: unknown) => isAppError(error, "invalid-input");
    await expect(rotator.set(turn(null), asValue(secret()))).rejects.toSatisfy(isAsked);
    await expect(rotator.test(turn(null), asValue(secret()))).rejects.toSatisfy(isAsked);
  });

  it("stays where a role or a database has other settings than usual", async () => {
    const { rotator, server, user, a, tag } = await scene();
    await server.asSuperuser(`
      CREATE SCHEMA trap_${tag}; GRANT USAGE ON SCHEMA trap_${tag} TO PUBLIC;
      CREATE FUNCTION trap_${tag}.shobj_description(oid, name) RETURNS text LANGUAGE plpgsql
        AS 'BEGIN RAISE EXCEPTION ''trapped''; END';
      CREATE FUNCTION trap_${tag}.shobj_description(oid, text) RETURNS text LANGUAGE plpgsql
        AS 'BEGIN RAISE EXCEPTION ''trapped''; END';
      ALTER ROLE ${user} SET search_path = trap_${tag}, pg_catalog;
      ALTER ROLE ${user} SET default_transaction_read_only = on;
      ALTER ROLE ${user} SET default_transaction_isolation = 'serializable'`);
    const password = asValue(secret());
    await rotator.set(turn(a), password);
    expect(await rotator.test(turn(a), password)).toBe(true);
  });
});

describe("the fence", () => {
  it("stands in the comment of the login, after what people wrote there", async () => {
    const { rotator, server, a } = await scene();
    await rotator.set(turn(a, Date.UTC(2026, 4, 9, 12, 0, 0, 1)), asValue(secret()));
    expect(await commentOf(server, a)).toBe("[password set by Skep, 2026-05-09T12:00:00.001Z]");
    await server.asSuperuser(
      `COMMENT ON ROLE ${a} IS 'It''s the shop [password set by Skep, 2026-05-09T12:00:00.001Z]'`,
    );
    await rotator.set(turn(a, Date.UTC(2026, 4, 9, 12, 0, 0, 2)), asValue(secret()));
    expect(await commentOf(server, a)).toBe("It's the shop [password set by Skep, 2026-05-09T12:00:00.002Z]");
    expect(await reasonOf(rotator.set(turn(a, Date.UTC(2026, 4, 9, 12)), asValue(secret())))).toBe("overtaken");
  });

  /** A later turn of another session: `work` runs while it is not yet committed. */
  async function whileLater(login: string, database: string, work: () => Promise<void>): Promise<string> {
    const later = secret();
    const verifier = await scramVerifier(Buffer.from(later));
    await connectAs(withDatabase(postgres.superuserUrl, database), async (client) => {
      const lock = "SELECT pg_advisory_xact_lock(1397441872, oid::int) FROM pg_roles WHERE rolname = $1";
      await client.query("BEGIN");
      await client.query(lock, [login]);
      await client.query(`ALTER ROLE ${login} PASSWORD '${verifier}'`);
      await client.query(`COMMENT ON ROLE ${login} IS '[password set by Skep, 1970-01-01T00:00:00.009Z]'`);
      await work();
      await client.query("COMMIT");
    });
    return later;
  }

  const isWaiting = (user: string) =>
    waitUntil(async () => {
      const sql = "SELECT 1 FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock'";
      return (await postgres.asSuperuser(sql, [user])).length === 1;
    }, 10);

  it.each([
    ["the same database, and is overtaken", "postgres", "overtaken"],
    ["another database, and gives up", "template1", "failing"],
  ] as const)("waits for a later turn that is under way in %s", async (_, database, reason) => {
    const { rotator, user, a } = await scene();
    let set: Promise<RotatorReason> | undefined;
    const later = await whileLater(a, database, async () => {
      set = reasonOf(rotator.set(turn(a, 8), asValue(secret())));
      expect(await isWaiting(user)).toBe(true);
    });
    expect(await set).toBe(reason);
    expect(await rotator.test(turn(a, 9), asValue(later))).toBe(true);
  });

  it("has the later of two at once win, whichever comes first", async () => {
    const { open, a } = await scene();
    for (let pair = 0; pair < 5; pair += 1) {
      const [early, late] = [secret(), secret()];
      const [first, second] = await Promise.allSettled([
        open().set(turn(a, 10 * pair + 1), asValue(early)),
        open().set(turn(a, 10 * pair + 2), asValue(late)),
      ]);
      expect(second.status).toBe("fulfilled");
      if (first.status === "rejected") expect(first.reason).toMatchObject({ reason: "overtaken" });
      expect(await open().test(turn(a), asValue(late))).toBe(true);
    }
  });

  it("does not wait for ever", async () => {
    const { rotator, a } = await scene();
    await whileLater(a, "postgres", async () => {
      expect(await reasonOf(rotator.set(turn(a, 8), asValue(secret())))).toBe("failing");
    });
  });

  it("gives up what is under way when it is closed", async () => {
    const { rotator, user, a } = await scene();
    await whileLater(a, "postgres", async () => {
      const set = reasonOf(rotator.set(turn(a, 8), asValue(secret())));
      expect(await isWaiting(user)).toBe(true);
      await rotator.close();
      expect(await set).toBe("unreachable");
    });
    expect(await reasonOf(rotator.check())).toBe("unreachable");
  });
});

describe("the end of a rotation", () => {
  it.each([["one login"], ["no login before"]])("locks nothing where there is %s", async (which) => {
    const { rotator, a } = await scene();
    const password = asValue(secret());
    await rotator.set(turn(a, 1), password);
    await rotator.finish(finishing(a, which === "one login" ? a : null, true, 2));
    expect(await rotator.test(turn(a, 1), password)).toBe(true);
  });
});

describe("a check", () => {
  it("says what answered and whose passwords may be set", async () => {
    const { rotator, server, user, a, b } = await scene();
    await server.asSuperuser(`CREATE ROLE of_${a}; GRANT of_${a} TO ${a}, ${b}`);
    const { software, login } = await rotator.check();
    expect(software).toMatch(/^PostgreSQL \d+\.\d+$/);
    expect(login).toBe(`${user} may set ${a} and ${b}`);
  });

  it("says that two logins share no role", async () => {
    const { rotator, open, a } = await scene();
    expect((await rotator.check()).login).toContain("share no role");
    expect((await open({ logins: [a] }).check()).login).not.toContain("share no role");
  });

  it.each([["CREATEROLE"], ["ADMIN OPTION"], ["both"]])("names the right that is missing: %s", async (what) => {
    const { rotator, server, user, a, b } = await scene();
    const password = asValue(secret());
    if (what !== "ADMIN OPTION") await server.asSuperuser(`ALTER ROLE ${user} NOCREATEROLE`);
    if (what !== "CREATEROLE") await server.asSuperuser(`REVOKE ${a} FROM ${user}`);
    expect(await reasonOf(rotator.set(turn(a), password))).toBe("forbidden");
    const failure = await failureOf(rotator.check());
    expect(failure).toMatchObject({ reason: "forbidden", publicMessage: expect.stringContaining(`password of ${a}.`) });
    await server.asSuperuser(failure.publicMessage.slice(failure.publicMessage.indexOf(": ") + 2));
    expect((await rotator.check()).login).toContain(`${a} and ${b}`);
    await rotator.set(turn(a), password);
  });

  it("knows a right that comes by way of another role", async () => {
    const { rotator, server, user, a, b } = await scene();
    await server.asSuperuser(`
      REVOKE ${a} FROM ${user}; CREATE ROLE of_${user}; GRANT of_${user} TO ${user};
      GRANT ${a} TO of_${user} WITH ADMIN OPTION`);
    expect((await rotator.check()).login).toContain(`${a} and ${b}`);
    await rotator.set(turn(a), asValue(secret()));
  });

  it("refuses a login that is a superuser", async () => {
    const { rotator, server, a } = await scene();
    await server.asSuperuser(`ALTER ROLE ${a} SUPERUSER`);
    expect(await reasonOf(rotator.set(turn(a), asValue(secret())))).toBe("forbidden");
    expect(await failureOf(rotator.check())).toMatchObject({
      reason: "forbidden",
      publicMessage: expect.stringContaining("Only a superuser may"),
    });
  });

  it.each([
    ["is not there", "nobody", ""],
    ["may not sign in", "", "NOLOGIN"],
    ["may not sign in any more", "", "VALID UNTIL '2020-01-01'"],
  ])("refuses a login that %s", async (_, name, change) => {
    const { open, server, a, b } = await scene();
    if (change) await server.asSuperuser(`ALTER ROLE ${b} ${change}`);
    const failure = await failureOf(open({ logins: [a, name || b] }).check());
    expect(failure).toMatchObject({ reason: "no-login", publicMessage: expect.stringContaining(name || b) });
  });

  it("refuses a login that is let in whatever its password", async () => {
    const { rotator, server, b } = await scene();
    await withRules(server, `host all ${b} all trust`);
    const failure = await failureOf(rotator.check());
    expect(failure.reason).toBe("sign-in");
    expect(failure.publicMessage).toContain(`lets ${b} in without its password`);
  });

  it.each(["all", "postgres"])(
    "refuses a login that is not let into the database by a rule of %s",
    async (database) => {
      const { rotator, server, b } = await scene();
      await withRules(server, `host ${database} ${b} all reject`);
      const password = asValue(secret());
      await rotator.set(turn(b), password);
      expect(await rotator.test(turn(b), password)).toBe(false);
      const failure = await failureOf(rotator.check());
      expect(failure).toMatchObject({
        reason: "no-login",
        publicMessage: expect.stringContaining(`refuses ${b} from`),
      });
    },
  );

  it("takes a login that is not let into another database", async () => {
    const { rotator, server, a, b } = await scene();
    await withRules(server, `host another ${b} all reject`);
    expect((await rotator.check()).login).toContain(`${a} and ${b}`);
  });

  it("tells the failure of the first login where both have one", async () => {
    const { rotator, server, a, b } = await scene();
    await withRules(server, `host all ${a} all reject`, `host all ${b} all trust`);
    expect((await failureOf(rotator.check())).publicMessage).toContain(`refuses ${a} from`);
  });

  it("refuses a login that may not connect to the database, or have no connection", async () => {
    const { open, server, user, a, b, tag } = await scene();
    await server.asSuperuser(`CREATE DATABASE shut_${tag}`);
    await server.asSuperuser(`
      REVOKE CONNECT ON DATABASE shut_${tag} FROM PUBLIC; GRANT CONNECT ON DATABASE shut_${tag} TO ${user}, ${a}`);
    const rotator = open({ database: `shut_${tag}` });
    const failure = await failureOf(rotator.check());
    expect(failure).toMatchObject({ reason: "forbidden", publicMessage: expect.stringContaining(`let ${b} connect`) });
    await server.asSuperuser(`GRANT CONNECT ON DATABASE shut_${tag} TO ${b}`);
    await rotator.check();
    await server.asSuperuser(`ALTER ROLE ${b} CONNECTION LIMIT 0`);
    expect(await failureOf(rotator.check())).toMatchObject({
      reason: "no-login",
      publicMessage: expect.stringContaining(`lets ${b} have no connection`),
    });
  });

  it("without TLS takes a login whose password was kept as MD5: the one that is set is not", async () => {
    const { rotator, server, user, a, b } = await scene({ server: plain, usesTls: false });
    await server.asSuperuser(`ALTER ROLE ${a} PASSWORD 'md5${randomBytes(16).toString("hex")}'`);
    await withRules(server, `host all ${a} all md5`);
    expect((await rotator.check()).login).toContain(`${user} may set ${a} and ${b}`);
    const password = asValue(secret());
    await rotator.set(turn(a), password);
    expect(await rotator.test(turn(a), password)).toBe(true);
  });

  it("without TLS refuses a login whose password is asked for as it is", async () => {
    const { rotator, server, b } = await scene({ server: plain, usesTls: false });
    await withRules(server, `host all ${b} all password`);
    const failure = await failureOf(rotator.check());
    expect(failure).toMatchObject({ reason: "sign-in", publicMessage: expect.stringContaining(`password of ${b} in`) });
  });

  it("signs in once as each login", async () => {
    const { rotator, server, a, b } = await scene();
    await rotator.check();
    const log = await server.log();
    for (const login of [a, b]) {
      expect(log.match(new RegExp(`password authentication failed for user "${login}"`, "g"))).toHaveLength(1);
    }
  });

  it("refuses the login that Skep itself signs in with", async () => {
    const { open, user, a } = await scene();
    const isRefused = (error: unknown) => isAppError(error, "invalid-input") && error.field === "logins";
    await expect(open({ logins: [a, user] }).check()).rejects.toSatisfy(isRefused);
  });
});

describe("a server that cannot be used", () => {
  it("does not let Skep's own login in", async () => {
    const { rotator, server, user } = await scene();
    await server.asSuperuser(`ALTER ROLE ${user} NOLOGIN`);
    const failure = await failureOf(rotator.check());
    expect(failure).toMatchObject({ reason: "sign-in", publicMessage: expect.stringContaining("may sign in") });
  });

  it("has no such database, and the sentence names it", async () => {
    const { rotator } = await scene({ database: "warehouse" });
    const failure = await failureOf(rotator.check());
    expect(failure).toMatchObject({ reason: "broken-answer", publicMessage: expect.stringContaining("warehouse") });
  });

  it("does not let a login into the database, which is no word about its password", async () => {
    const { server, open, tag, a } = await scene();
    await server.asSuperuser(`CREATE DATABASE closed_${tag}`);
    await server.asSuperuser(`REVOKE CONNECT ON DATABASE closed_${tag} FROM PUBLIC`);
    const password = asValue(secret());
    await open().set(turn(a), password);
    const failure = await failureOf(open({ database: `closed_${tag}` }).test(turn(a), password));
    expect(failure).toMatchObject({ reason: "forbidden", publicMessage: expect.stringContaining(`let ${a} connect`) });
  });

  it("hangs up, or has a name that is not known", async () => {
    const { port, sockets } = await fakeServer((socket) => socket.destroy());
    const { open } = await scene();
    expect(await reasonOf(open({ port }).check())).toBe("unreachable");
    expect(sockets).toHaveLength(1);
    expect(await reasonOf(open({ host: "database.invalid" }).check())).toBe("unreachable");
  });

  it.each(["127.0.0.1", "::1"])("is at a private address that is written as one, and not allowed: %s", async (host) => {
    const { rotator } = await scene({ host, allowsPrivateAddresses: false });
    expect(await reasonOf(rotator.check())).toBe("address-refused");
  });

  it("speaks no TLS where the settings ask for it", async () => {
    const { rotator } = await scene({ server: plain });
    const failure = await failureOf(rotator.check());
    expect(failure).toMatchObject({ reason: "certificate", publicMessage: expect.stringContaining("speaks no TLS") });
  });

  it.each([
    ["nobody known vouches for", null, "localhost"],
    ["a foreign authority would have to vouch for", testAuthority("A foreign one").ca, "localhost"],
    ["belongs to another name", authority.ca, "127.0.0.1"],
  ])("has a certificate that %s", async (_, known, host) => {
    const { open } = await scene();
    expect(await reasonOf(open({ host }, known).check())).toBe("certificate");
  });

  it.each([
    ["at once", () => undefined],
    ["once TLS is agreed on", (socket: Socket) => socket.once("data", () => socket.write("S"))],
  ])("goes silent %s", async (_, onConnection) => {
    const { port, sockets } = await fakeServer(onConnection);
    const { open } = await scene();
    expect(await reasonOf(open({ port }).check())).toBe("unreachable");
    expect(await waitUntil(() => sockets[0]?.readableEnded === true || sockets[0]?.destroyed === true, 10)).toBe(true);
  });

  it("goes silent in the middle of signing in", async () => {
    const { port } = await fakeServer((socket) =>
      socket.once("data", () => socket.write(request(10, "SCRAM-SHA-256\0\0"))),
    );
    const { open } = await scene();
    expect(await reasonOf(open({ port, usesTls: false }).check())).toBe("unreachable");
  });

  it("is no PostgreSQL", async () => {
    const { port } = await fakeServer((socket) =>
      socket.once("data", () => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")),
    );
    const { open } = await scene();
    expect(await reasonOf(open({ port }).check())).toBe("broken-answer");
  });
});

/** Where `pg` reads these, it throws where nobody catches it, or does not come to an end. */
describe("a broken message", () => {
  it.each([
    ["ends before its kind is told", Buffer.from([0x52, 0, 0, 0, 4])],
    ["is of a kind of sign-in that there is not", request(99)],
    ["holds an error without an end", Buffer.from([0x45, 0, 0, 0, 6, 0x53, 0x41])],
    ["holds the end of a command without an end", Buffer.from([0x43, 0, 0, 0, 5, 0x41])],
    ["holds fewer columns than it says", Buffer.from([0x44, 0, 0, 0, 6, 0, 9])],
    ["is of a negative number of columns", Buffer.from([0x44, 0, 0, 0, 6, 0xff, 0xff])],
    ["is longer than any answer", Buffer.from([0x54, 0x7f, 0, 0, 0])],
  ])("is a failure like others where it %s", async (_, message) => {
    const { port } = await fakeServer((socket) => socket.once("data", () => socket.write(message)));
    const { open } = await scene();
    expect(await reasonOf(open({ port, usesTls: false }).check())).toBe("broken-answer");
  });
});

describe("a login that is tried with nobody's password", () => {
  const error = (state: string) => {
    const fields = Buffer.from(`SFATAL\0C${state}\0Mno\0\0`);
    const head = Buffer.from([0x45, 0, 0, 0, 4 + fields.length]);
    return Buffer.concat([head, fields]);
  };
  const serverAt = (port: number) => {
    const settings = { kind: "postgresql", host: "127.0.0.1", port, database: "shop", user: "skep", credential: "own" };
    const more = { usesTls: false, logins: ["app_a", "app_b"], allowsPrivateAddresses: true };
    const parsed = rotatorSettings.parse({ ...settings, ...more }) as Settings;
    return { name: "shop-db", settings: parsed, authority: null, closed: new AbortController().signal };
  };

  it("is named where the server has words of its own", async () => {
    const { port } = await fakeServer((socket) => socket.once("data", () => socket.end(error("53300"))));
    const failure = await failureOf(requireAsked(serverAt(port), ["app_b"]));
    expect(failure).toMatchObject({
      reason: "failing",
      publicMessage: expect.stringMatching(/^As app_b: shop-db has no/),
    });
  });

  it("is known to be asked for it by a server that keeps its refusal to itself for long", async () => {
    const { port } = await fakeServer((socket) =>
      socket.once("data", () => socket.write(request(10, "SCRAM-SHA-256\0\0"))),
    );
    await requireAsked(serverAt(port), ["app_a"]);
  });

  it.each([
    ["lets in without an end of it", request(0)],
    ["then asks for it as it is", request(3)],
  ])("is not taken to be asked for it by a server that begins SCRAM and %s", async (_, then) => {
    const { port } = await fakeServer((socket) =>
      socket.once("data", () => socket.write(Buffer.concat([request(10, "SCRAM-SHA-256\0\0"), then]))),
    );
    expect(await failureOf(requireAsked(serverAt(port), ["app_a"]))).toMatchObject({ reason: "sign-in" });
  });

  it("is not asked for it by a server that lets in whoever answers at all", async () => {
    const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
    const { port } = await fakeServer((socket) =>
      socket.once("data", () => {
        socket.write(request(5, "salt"));
        socket.once("data", () => socket.write(Buffer.concat([request(0), ready])));
      }),
    );
    const failure = await failureOf(requireAsked(serverAt(port), ["app_a"]));
    expect(failure.publicMessage).toContain("lets app_a in without its password");
  });
});

describe("a password", () => {
  it.each([
    ["asks for none", [request(0)]],
    ["asks for it and does not wait for the answer", [request(10, "SCRAM-SHA-256\0\0"), request(0)]],
  ])("is not taken to be right where the server %s", async (_, answered) => {
    const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
    const { port } = await fakeServer((socket) =>
      socket.once("data", () => socket.write(Buffer.concat([...answered, ready]))),
    );
    const { open, a } = await scene();
    const failure = await failureOf(open({ port, usesTls: false }).test(turn(a), asValue(secret())));
    expect(failure).toMatchObject({
      reason: "sign-in",
      publicMessage: expect.stringContaining("without its password"),
    });
  });

  it.each([
    ["in the clear", [request(3)]],
    ["as MD5", [request(5, "salt")]],
    ["in the clear, after it had asked for SCRAM", [request(10, "SCRAM-SHA-256\0\0"), request(3)]],
  ])("is not sent without TLS to who asks for it %s", async (_, asked) => {
    const { port, received, sockets } = await fakeServer((socket) =>
      socket.once("data", () => socket.write(Buffer.concat(asked))),
    );
    const { open, a } = await scene();
    const rotator = open({ port, usesTls: false });
    const password = secret();
    const failure = await failureOf(rotator.test(turn(a), asValue(password)));
    expect(failure).toMatchObject({ reason: "sign-in", publicMessage: expect.stringContaining("read on the way") });
    expect(await waitUntil(() => sockets[0]?.destroyed === true, 10)).toBe(true);
    expect(received()).toContain(a);
    expect(received()).not.toContain("md5");
    expect(received()).not.toContain(password);
  });
});

describe("the environment", () => {
  it("has no say in where and how Skep connects", async () => {
    const { rotator, open, a } = await scene();
    const variables = {
      PGHOST: "192.0.2.1",
      PGPORT: "1",
      PGUSER: "postgres",
      PGDATABASE: "template1",
      PGPASSWORD: "of somebody",
      PGSSLMODE: "no-verify",
      PGSSLNEGOTIATION: "direct",
      PGOPTIONS: "-c role=nobody",
      PGREPLICATION: "database",
    };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const password = asValue(secret());
    await rotator.check();
    await rotator.set(turn(a), password);
    expect(await rotator.test(turn(a), password)).toBe(true);
    expect(await rotator.test(turn(a), asValue(secret()))).toBe(false);
    expect(await reasonOf(open({}, null).check())).toBe("certificate");
    expect(await reasonOf(open({ usesTls: false, port: plain.port }).check())).toBe("sign-in");
  });
});

describe("what stays behind", () => {
  it("is no connection", async () => {
    const { rotator, server, user, a } = await scene();
    const password = asValue(secret());
    await rotator.check();
    await rotator.set(turn(a, 2), password);
    await rotator.test(turn(a, 2), password);
    await reasonOf(rotator.set(turn(a, 1), password));
    const sql = "SELECT 1 FROM pg_stat_activity WHERE usename = ANY($1)";
    expect(await server.asSuperuser(sql, [[user, a]])).toEqual([]);
  });

  it("is no password: not in a server's log, nor in a failure, nor in a line of Skep's log", async () => {
    const logs = [await postgres.log(), await plain.log()];
    expect(logs.join("").match(/statement: ALTER ROLE \S+ PASSWORD 'SCRAM-SHA-256\$4096:/g)?.length).toBeGreaterThan(
      20,
    );
    expect(failures.length).toBeGreaterThan(20);
    const shown = failures.map((failure) => inspect(failure, { depth: 20, showHidden: true }));
    const logged = failures.map((failure) => JSON.stringify(describeError(failure)));
    for (const text of [...logs, ...shown, ...logged]) {
      for (const word of secrets) expect(text.includes(word)).toBe(false);
    }
    // What a server says may quote statements: nothing of its words is kept either.
    for (const text of [...shown, ...logged])
      expect(text).not.toMatch(/SCRAM-SHA-256\$|authentication failed|must not equal/);
  });
});
