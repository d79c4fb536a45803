import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { waitUntil } from "#lib/ground/process.ts";
import { testPostgres } from "#lib/ground/test-postgres.ts";
import { testAuthority } from "#lib/swarm/test-certificates.ts";
import { SecretValue } from "#lib/value.ts";
import type { Finishing, Rotator, Turn } from "./contract.ts";
import { startReceiver } from "./doubles/receiver.ts";
import { holdsAny, wholeText } from "./doubles/search.ts";
import { isRotatorFailure, mayHaveSet, mayPass, type RotatorFailure } from "./failure.ts";
import { openRotator } from "./open.ts";
import { type RotatorKind, type RotatorSettings, rotatorSettings } from "./schema.ts";

/** What every other side keeps, whatever its kind, tried on a real one that was started for it. */

type Stage = {
  settings: RotatorSettings;
  /** Of which services have one by turns. */
  logins: readonly [string, string];
  /** The files of its settings. */
  credentials: Readonly<Record<string, string>>;
  /** One of its kind that the other side does not know. */
  foreignCredential: string;
  keepsOld: boolean;
  /** The same, at another port of this machine. */
  at(port: number): RotatorSettings;
  /** All that it keeps of its logins, to be compared. */
  kept(): Promise<string>;
  end(): Promise<unknown>;
};

type Opening = [title: string, openStage: () => Promise<Stage>];

/** A kind without a stage does not compile. */
const stages: { [K in RotatorKind]: [Opening, ...Opening[]] } = {
  postgresql: [["PostgreSQL", openPostgresqlStage]],
  http: [
    ["HTTP", () => openHttpStage({ keepsOld: false })],
    ["HTTP that keeps old passwords", () => openHttpStage({ keepsOld: true })],
  ],
};

const authority = testAuthority("The authority of the other sides");
const reach = { authorityFile: "authority", allowsPrivateAddresses: true };

async function openPostgresqlStage(): Promise<Stage> {
  const server = await testPostgres({ certificate: authority.issue("database") });
  const own = randomText();
  await server.asSuperuser(`
    CREATE ROLE skep LOGIN CREATEROLE PASSWORD '${own}'; CREATE ROLE app_a LOGIN; CREATE ROLE app_b LOGIN;
    GRANT app_a, app_b TO skep WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
  const logins = ["app_a", "app_b"] as const;
  const at = (port: number) =>
    rotatorSettings.parse({
      kind: "postgresql",
      host: "localhost",
      port,
      database: "postgres",
      user: "skep",
      credential: "own",
      logins,
      ...reach,
    });
  const everything = `
    SELECT rolname, rolpassword, rolcanlogin, rolvaliduntil, shobj_description(oid, 'pg_authid') AS comment
    FROM pg_authid ORDER BY oid`;
  return {
    settings: at(server.port),
    logins,
    credentials: { own, authority: authority.ca },
    foreignCredential: randomText(),
    keepsOld: false,
    at,
    kept: async () => JSON.stringify(await server.asSuperuser(everything)),
    end: async () => undefined,
  };
}

async function openHttpStage({ keepsOld }: { keepsOld: boolean }): Promise<Stage> {
  const [own, foreignCredential] = [newKey(), newKey()];
  const logins = ["shop_a", "shop_b"] as const;
  const receiver = await startReceiver({
    keys: [own],
    logins: [...logins],
    keepsOld,
    tls: authority.issue("receiver"),
  });
  const at = (address: string) =>
    rotatorSettings.parse({
      kind: "http",
      address,
      credential: "own",
      logins,
      keepsOld,
      ...reach,
    });
  return {
    settings: at(receiver.address),
    logins,
    credentials: { own, authority: authority.ca },
    foreignCredential,
    keepsOld,
    at: (port) => at(`https://localhost:${port}/`),
    kept: () => receiver.kept(),
    end: () => receiver.stop(),
  };
}

const newKey = () => `whsec_${randomBytes(32).toString("base64")}`;

/** Every password that was ever made here, and every failure. */
const passwords = new Set<string>();
const failures: RotatorFailure[] = [];

function randomText(): string {
  const text = randomBytes(18).toString("base64url");
  passwords.add(text);
  return text;
}

const newPassword = () => new SecretValue(Buffer.from(randomText()));

let latest = 0;
/** Higher than that of every turn before. */
const newGeneration = () => (latest += 1);

const turn = (login: string, generation: number): Turn => ({ operationId: "an-operation", generation, login });
const end = (of: Turn, finishing: Partial<Finishing> = {}): Finishing => {
  return { ...of, oldLogin: null, locksOld: false, ...finishing };
};

async function failureOf(work: Promise<unknown>): Promise<RotatorFailure> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!isRotatorFailure(error)) throw new Error("There was no failure of a rotator.", { cause: error });
  failures.push(error as RotatorFailure);
  return error as RotatorFailure;
}

/** Every call, each with a password of its own. */
function callsOf(rotator: Rotator, [login, oldLogin]: readonly [string, string], generation = newGeneration()) {
  const of = turn(login, generation);
  return [
    () => rotator.check(),
    () => rotator.set(of, newPassword()),
    () => rotator.test(of, newPassword()),
    () => rotator.finish(end(of, { oldLogin, locksOld: true })),
  ];
}

type More = { settings?: RotatorSettings; credentials?: Record<string, string>; callSeconds?: number };

/** Nobody listens there. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Takes connections, and says nothing. */
async function silentPort(): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => undefined).resume());
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

/** What happened to earlier connections is known there after this. */
async function roundTrip(port: number): Promise<void> {
  const socket = connect(port, "localhost");
  await once(socket, "connect");
  await nextTurn();
  socket.destroy();
}

const hasEnded = (socket: Socket) => socket.readableEnded || socket.destroyed;

describe.each(Object.values(stages).flat())("%s", (_, openStage) => {
  let stage: Stage;
  let rotator: Rotator;
  let a: string;
  let b: string;

  beforeAll(async () => {
    stage = await openStage();
    [a, b] = stage.logins;
    rotator = await openRotator(stage.settings, surroundingsOf(stage.credentials));
  });
  afterAll(async () => {
    await rotator?.close();
    await stage?.end();
  });

  function surroundingsOf(credentials: Readonly<Record<string, string>>) {
    return { name: "Shop", credential: async (file: string) => credentials[file] ?? "", now: () => new Date() };
  }

  async function open({ settings = stage.settings, credentials = {}, callSeconds }: More): Promise<Rotator> {
    const surroundings = surroundingsOf({ ...stage.credentials, ...credentials });
    const opened = await openRotator(settings, surroundings, callSeconds === undefined ? {} : { callSeconds });
    onTestFinished(() => opened.close());
    return opened;
  }

  /** It fails so, and nothing has become of it. */
  async function refused(work: () => Promise<unknown>, code: string): Promise<void> {
    const before = await stage.kept();
    const failure = await failureOf(work());
    expect(failure.code).toBe(code);
    expect(failure.publicMessage).toMatch(/Shop.*\. .+\.$/s);
    expect(mayHaveSet(failure)).toBe(false);
    expect(await stage.kept()).toBe(before);
  }

  it("takes the new password once it is set, and the former one only where it keeps it, until the end", async () => {
    const [former, next] = [newPassword(), newPassword()];
    const [first, second] = [turn(a, newGeneration()), turn(a, newGeneration())];
    await rotator.set(first, former);
    expect(await rotator.test(first, former)).toBe(true);
    expect(await rotator.test(first, next)).toBe(false);
    await rotator.finish(end(first));
    await rotator.set(second, next);
    expect(await rotator.test(second, next)).toBe(true);
    expect(await rotator.test(second, former)).toBe(stage.keepsOld);
    await rotator.finish(end(second, { oldLogin: a }));
    expect(await rotator.test(second, former)).toBe(false);
    expect(await rotator.test(second, next)).toBe(true);
  });

  it("has the same end where each call of a turn comes twice", async () => {
    const [old, password] = [newPassword(), newPassword()];
    await rotator.set(turn(b, newGeneration()), old);
    const again = turn(a, newGeneration());
    const finishing = end(again, { oldLogin: b, locksOld: true });
    for (const _time of [1, 2]) await rotator.set(again, password);
    for (const _time of [1, 2]) expect(await rotator.test(again, password)).toBe(true);
    for (const _time of [1, 2]) await rotator.finish(finishing);
    expect(await rotator.test(again, password)).toBe(true);
    expect(await rotator.test({ ...again, login: b }, old)).toBe(false);
  });

  it("takes the last of two passwords of one turn, and that alone", async () => {
    const [lost, fresh] = [newPassword(), newPassword()];
    const same = turn(a, newGeneration());
    await rotator.set(same, lost);
    await rotator.set(same, fresh);
    expect(await rotator.test(same, fresh)).toBe(true);
    expect(await rotator.test(same, lost)).toBe(false);
  });

  it("is not changed by an earlier turn that comes late, of this login; the other one may be set", async () => {
    const [early, late] = [newGeneration(), newGeneration()];
    const password = newPassword();
    await rotator.set(turn(a, late), password);
    await refused(() => rotator.set(turn(a, early), newPassword()), "rotator-overtaken");
    expect(await rotator.test(turn(a, late), password)).toBe(true);
    await rotator.set(turn(b, early), newPassword());
  });

  it("does not lock, at the late end of an earlier turn, what a later one has set since", async () => {
    const [early, late] = [newGeneration(), newGeneration()];
    const password = newPassword();
    await rotator.set(turn(b, late), password);
    const finishing = end(turn(a, early), { oldLogin: b, locksOld: true });
    await refused(() => rotator.finish(finishing), "rotator-overtaken");
    expect(await rotator.test(turn(b, late), password)).toBe(true);
  });

  it("leaves the old login its password, unless that is known to others: then it ends, until it is set again", async () => {
    const [old, next] = [newPassword(), newPassword()];
    await rotator.set(turn(a, newGeneration()), old);
    const present = turn(b, newGeneration());
    const asOld = { ...present, login: a };
    await rotator.set(present, next);
    await rotator.finish(end(present, { oldLogin: a }));
    expect(await rotator.test(asOld, old)).toBe(true);
    await rotator.finish(end(present, { oldLogin: a, locksOld: true }));
    expect(await rotator.test(asOld, old)).toBe(false);
    expect(await rotator.test(present, next)).toBe(true);
    const later = turn(a, newGeneration());
    await rotator.set(later, old);
    expect(await rotator.test(later, old)).toBe(true);
  });

  it("knows no other login", async () => {
    await refused(() => rotator.set(turn("nobody", newGeneration()), newPassword()), "rotator-no-login");
    const misled = await open({ settings: { ...stage.settings, logins: [a, "nobody"] } });
    await refused(() => misled.check(), "rotator-no-login");
    await refused(() => misled.check({ only: "nobody" }), "rotator-no-login");
  });

  it("is asked about one login alone where only that one is to be set: the other may be gone, or locked", async () => {
    const misled = await open({ settings: { ...stage.settings, logins: [a, "nobody"] } });
    const { login } = await misled.check({ only: a });
    expect(login).toContain(a);
    expect(login).not.toContain("nobody");
  });

  it("lets nobody in with a wrong credential of Skep's own", async () => {
    const stranger = await open({ credentials: { own: stage.foreignCredential } });
    const [check, set, , finish] = callsOf(stranger, stage.logins);
    for (const call of [check, set, finish]) await refused(async () => call?.(), "rotator-sign-in");
  });

  it("is not changed by a check, which names the logins", async () => {
    await rotator.set(turn(a, newGeneration()), newPassword());
    const before = await stage.kept();
    const { software, login } = await rotator.check();
    expect(software).not.toBe("");
    for (const each of stage.logins) expect(login).toContain(each);
    expect(await stage.kept()).toBe(before);
  });

  it("is not asked at a private address that its settings do not allow", async () => {
    const careful = await open({ settings: { ...stage.settings, allowsPrivateAddresses: false } });
    for (const call of callsOf(careful, stage.logins)) await refused(call, "rotator-address-refused");
  });

  it("is unreachable where nobody is, and was told of no password", async () => {
    const gone = await open({ settings: stage.at(await closedPort()) });
    for (const call of callsOf(gone, stage.logins)) {
      const failure = await failureOf(call());
      expect(failure.code).toBe("rotator-unreachable");
    }
    const failure = await failureOf(gone.set(turn(a, newGeneration()), newPassword()));
    expect(mayHaveSet(failure)).toBe(false);
    expect(mayPass(failure)).toBe(true);
  });

  it("is waited for no longer than a call may take; what was not answered ends with the rotator", async () => {
    const { port, sockets } = await silentPort();
    const silent = await open({ settings: stage.at(port), callSeconds: 0.3 });
    const calls = callsOf(silent, stage.logins);
    for (const call of calls) expect((await failureOf(call())).code).toBe("rotator-unreachable");
    const [last] = sockets.slice(-1);
    await roundTrip(port);
    // It was Skep's own time that was up: nothing below has given up by itself yet.
    expect(last && hasEnded(last)).toBe(false);
    await silent.close();
    expect(await waitUntil(() => sockets.every(hasEnded), 10)).toBe(true);
    const asked = sockets.length;
    expect(asked).toBeGreaterThanOrEqual(calls.length);
    for (const call of calls) expect((await failureOf(call())).code).toBe("rotator-unreachable");
    expect(sockets).toHaveLength(asked);
  });

  it("has told no password in a failure, nor in anything that hangs on one", () => {
    const own = [...passwords, ...Object.values(stage.credentials), stage.foreignCredential];
    expect(failures.length).toBeGreaterThan(20);
    for (const failure of failures) expect(holdsAny(wholeText(failure), own)).toBe(false);
    const [planted = ""] = passwords;
    for (const error of [
      new Error("It failed.", { cause: { sent: Buffer.concat([Buffer.alloc(1000), Buffer.from(planted)]) } }),
      new Error("It failed.", { cause: new Error(`wrong: ${planted}`) }),
    ]) {
      expect(holdsAny(wholeText(error), own)).toBe(true);
    }
  });
});
