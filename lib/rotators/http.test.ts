import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { inspect } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { describeError } from "#lib/log.ts";
import { testAuthority } from "#lib/swarm/test-certificates.ts";
import { SecretValue } from "#lib/value.ts";
import type { Finishing, Rotator, Turn } from "./contract.ts";
import { type Receiver, startReceiver } from "./doubles/receiver.ts";
import { isRotatorFailure, mayHaveSet, mayPass, type RotatorFailure, type RotatorReason } from "./failure.ts";
import { bodyOf, keyOf, signatureOf } from "./http-call.ts";
import { openRotator } from "./open.ts";
import { type RotatorSettingsOf, rotatorSettings } from "./schema.ts";

/** In a part that base64 and JSON leave as it is, so that it is found in either. */
const canary = "canary-7f3a";
const newKey = () => `whsec_${randomBytes(32).toString("base64")}`;
const key = newKey();

const turn = (generation: number, login: string | null = "shop_a"): Turn => ({
  operationId: "o1",
  generation,
  login,
});
const end = (of: Turn, finishing: Partial<Finishing> = {}): Finishing => ({
  ...of,
  oldLogin: null,
  locksOld: false,
  ...finishing,
});
const password = (text: string | Buffer) => new SecretValue(Buffer.from(text));
const first = password(`first-${canary}`);
const second = password(`second-${canary}`);
const third = password(`third-${canary}`);

type Opening = Partial<RotatorSettingsOf<"http">> & {
  credentials?: Record<string, string>;
  now?: () => Date;
};

async function open(address: string, { credentials, now, ...settings }: Opening = {}): Promise<Rotator> {
  const texts: Record<string, string> = { key, ...credentials };
  const rotator = await openRotator(
    rotatorSettings.parse({
      kind: "http",
      address,
      credential: "key",
      logins: ["shop_a", "shop_b"],
      allowsPrivateAddresses: true,
      ...settings,
    }),
    { name: "Shop", credential: async (name) => texts[name] ?? "", now: now ?? (() => new Date()) },
  );
  onTestFinished(() => rotator.close());
  return rotator;
}

/** The receiver of the docs. Whatever it has written by its end holds no password and no key. */
async function receiver(options: Partial<Parameters<typeof startReceiver>[0]> = {}): Promise<Receiver> {
  const started = await startReceiver({ keys: [key], logins: ["shop_a", "shop_b"], ...options });
  onTestFinished(async () => expectNothingSecret(await started.stop()));
  return started;
}

type Seen = { address: string; connections: number; bodies: string[]; headers: IncomingMessage["headers"][] };

/** A server that answers so when it has read the call. */
async function serve(answer: RequestListener, server = createServer()): Promise<Seen> {
  const seen: Seen = { address: "", connections: 0, bodies: [], headers: [] };
  server.on("connection", () => {
    seen.connections += 1;
  });
  server.on("request", async (request, response) => {
    seen.bodies.push(Buffer.concat(await request.toArray()).toString());
    seen.headers.push(request.headers);
    answer(request, response);
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  onTestFinished(() => {
    if ("closeAllConnections" in server) server.closeAllConnections();
    server.close();
  });
  seen.address = `http://localhost:${(server.address() as AddressInfo).port}/rotate`;
  return seen;
}

async function failureOf(call: Promise<unknown>): Promise<RotatorFailure> {
  const error = await call.then(
    () => new Error("it did not fail"),
    (failure: unknown) => failure,
  );
  if (!isRotatorFailure(error)) throw error;
  expect(error.publicMessage).toMatch(/^[^.]*Shop.+\. .+\.$/s);
  expectNothingSecret(inspect(error, { depth: 9, showHidden: true }));
  expectNothingSecret(JSON.stringify(describeError(error)));
  return error as RotatorFailure;
}

async function reasonOf(call: Promise<unknown>): Promise<RotatorReason> {
  return (await failureOf(call)).reason;
}

function expectNothingSecret(text: string): void {
  expect(text).not.toContain(canary);
  expect(text).not.toContain(key.slice("whsec_".length));
  expect(text).not.toContain(Buffer.from(key.slice("whsec_".length), "base64").toString("hex"));
}

describe("the receiver of the docs", () => {
  it("tells whether its logins are there", async () => {
    const { address } = await receiver();
    expect(await (await open(address)).check()).toEqual({ software: "HTTP", login: "shop_a, shop_b" });
    expect(await reasonOf((await open(address, { logins: [] })).check())).toBe("no-login");
  });

  it("refuses each step of an earlier turn, and knows that after it was ended", async () => {
    const started = await receiver();
    const before = await open(started.address);
    await before.set(turn(2), second);
    await started.restart();
    const shop = await open(started.address);
    for (const late of [
      () => shop.set(turn(1), first),
      () => shop.test(turn(1), first),
      () => shop.finish(end(turn(1), { oldLogin: "shop_b", locksOld: true })),
    ]) {
      const failure = await failureOf(late());
      expect(failure.reason).toBe("overtaken");
      expect(mayHaveSet(failure)).toBe(false);
    }
    expect(await shop.test(turn(2), second)).toBe(true);
    await shop.set(turn(1, "shop_b"), first);
  });

  it("does not believe a time that is more than five minutes off", async () => {
    const { address } = await receiver();
    const at = (seconds: number) => () => new Date(Date.now() + seconds * 1000);
    for (const seconds of [-330, 330]) {
      const shop = await open(address, { now: at(seconds) });
      expect(await reasonOf(shop.set(turn(1), first))).toBe("sign-in");
    }
    for (const seconds of [-270, 270]) await (await open(address, { now: at(seconds) })).set(turn(1), second);
    expect(await (await open(address)).test(turn(1), first)).toBe(false);
  });

  it("takes either of two keys, so that the key can be changed", async () => {
    const next = newKey();
    const { address } = await receiver({ keys: [next, key] });
    await (await open(address)).check();
    await (await open(address, { credentials: { key: `${next}\n` } })).check();
  });

  it("sets nothing without a login, and refuses a password that it cannot use", async () => {
    const shop = await open((await receiver()).address);
    expect(await reasonOf(shop.set(turn(1, null), first))).toBe("no-login");
    expect(await reasonOf(shop.set(turn(1), password("short")))).toBe("refused");
    await shop.set(turn(0), first);
  });

  it("takes the last of each turn since `finish` where it keeps old ones, and after the next the last of all", async () => {
    const shop = await open((await receiver({ keepsOld: true })).address, { logins: ["shop_a"], keepsOld: true });
    const accepted = (generation: number) =>
      Promise.all([first, second, third].map((each) => shop.test(turn(generation), each)));
    await shop.set(turn(1), first);
    await shop.finish(end(turn(1)));
    await shop.set(turn(2), second);
    const replaced = password(`replaced-${canary}`);
    for (const each of [replaced, third, third]) await shop.set(turn(3), each);
    expect(await accepted(3)).toEqual([true, true, true]);
    expect(await shop.test(turn(3), replaced)).toBe(false);
    await shop.finish(end(turn(3), { oldLogin: "shop_a", locksOld: true }));
    expect(await accepted(3)).toEqual([false, false, true]);
  });

  it("has one password without a login, where none is named", async () => {
    const shop = await open((await receiver({ logins: [] })).address, { logins: [] });
    expect((await shop.check()).login).toBe("none");
    await shop.set(turn(1, null), first);
    await shop.finish(end(turn(1, null), { locksOld: true }));
    expect(await shop.test(turn(1, null), first)).toBe(true);
    expect(await reasonOf(shop.set(turn(1, "shop_a"), first))).toBe("no-login");
  });

  it("is believed over TLS by its own authority, and by no other", async () => {
    const own = testAuthority("own authority");
    const { address } = await receiver({ tls: own.issue("receiver") });
    expect(address).toMatch(/^https:/);
    const by = (authority: string) => open(address, { authorityFile: "authority", credentials: { authority } });
    const shop = await by(own.ca);
    await shop.set(turn(1), first);
    expect(await shop.test(turn(1), first)).toBe(true);
    expect(await reasonOf((await by(testAuthority("another").ca)).set(turn(1), first))).toBe("certificate");
    expect(await reasonOf((await open(address)).set(turn(1), first))).toBe("certificate");
  });
});

describe("a call", () => {
  it("has what docs/rotators.md says of its step, and nothing else", async () => {
    const seen = await serve((_request, response) => response.end('{"accepted":true}'));
    const shop = await open(seen.address, { logins: ["shop_a"] });
    const own = { operationId: "o1", generation: 7, login: "shop_a", other: canary };
    await shop.check();
    await shop.set(own, first);
    await shop.test(own, first);
    await shop.finish({ ...own, oldLogin: "shop_b", locksOld: true });
    const all = { version: 1, rotator: "Shop", login: "shop_a" };
    const text = `first-${canary}`;
    expect(seen.bodies.map((body) => JSON.parse(body))).toEqual([
      { ...all, step: "check" },
      { ...all, step: "set", operation: "o1", generation: 7, password: text },
      { ...all, step: "test", operation: "o1", generation: 7, password: text },
      { ...all, step: "finish", operation: "o1", generation: 7, oldLogin: "shop_b", locksOld: true },
    ]);
    expect(new Set(seen.headers.map((headers) => headers["webhook-id"])).size).toBe(4);
    expect(new Set(seen.headers.map((headers) => headers["content-type"]))).toEqual(new Set(["application/json"]));
    expect(seen.connections).toBe(4);
  });

  it.each([
    Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join(""),
    "\\\"\\u0022 \u2028 é € 😀 \ufeff ' \r\n",
    "é".repeat(200_000),
  ])("carries every text byte for byte (%#)", async (text) => {
    const seen = await serve((_request, response) => response.end());
    await (await open(seen.address)).set(turn(1), password(text));
    expect(JSON.parse(seen.bodies[0] ?? "").password === text).toBe(true);
  });

  it("carries no bytes that are no text, and then nothing is sent", async () => {
    const seen = await serve((_request, response) => response.end());
    const shop = await open(seen.address);
    for (const bytes of [Buffer.from([0xff]), Buffer.from([0xc0, 0x80]), Buffer.from([0xed, 0xa0, 0x80])]) {
      expect(await reasonOf(shop.set(turn(1), password(bytes)))).toBe("refused");
    }
    expect(seen.connections).toBe(0);
  });

  it("is signed as the known example of Standard Webhooks is", () => {
    const example = Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64");
    const at = new Date(1614265330_999);
    expect(signatureOf(Buffer.from('{"test": 2432232314}'), example, at, "msg_p5jXN8AQM9LWM0D4loKWxJek")).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it("is the one that docs/rotators.md shows, byte for byte", async () => {
    const docs = await readFile(new URL("../../docs/rotators.md", import.meta.url), "utf8");
    const [, head = "", shown = ""] = /```http\n([\s\S]+?)\n\n(.+)\n```/.exec(docs) ?? [];
    const header = (name: string) => new RegExp(`^${name}: (.+)$`, "m").exec(head)?.[1] ?? "";
    const [, example = ""] = /signed with `(whsec_[^`]+)`/.exec(docs) ?? [];
    const members = { operation: "0199a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b", generation: 1795806000123, login: "shop_b" };
    const body = await bodyOf("Shop database", { step: "set", ...members }, password('a new "password"'));
    expect(body.toString()).toBe(shown);
    const at = new Date(Number(header("webhook-timestamp")) * 1000);
    const signature = signatureOf(body, keyOf("Shop", "key", example), at, header("webhook-id"));
    expect(Object.keys(signature).map((name) => header(name))).toEqual(Object.values(signature));
  });

  it.each([
    "",
    canary,
    `whsec_${canary}`,
    `whsec_${randomBytes(23).toString("base64")}`,
    `whsec_${randomBytes(65).toString("base64")}`,
    `${newKey()}\n${newKey()}`,
  ])("is not sent with a key that is none (%#)", async (text) => {
    const seen = await serve((_request, response) => response.end());
    const shop = await open(seen.address, { credentials: { key: text } });
    expect(await reasonOf(shop.set(turn(1), first))).toBe("sign-in");
    expect(seen.connections).toBe(0);
  });

  it("is not sent to a private address without the settings' leave, nor over http: to a public one with it", async () => {
    const seen = await serve((_request, response) => response.end());
    const own = testAuthority("own authority");
    const server = createTlsServer(own.issue("server"));
    const safe = await serve(
      (_request, response) => response.end(),
      server as unknown as ReturnType<typeof createServer>,
    );
    const careful = { allowsPrivateAddresses: false };
    for (const address of [seen.address, safe.address.replace("http:", "https:")]) {
      const failure = await failureOf((await open(address, careful)).set(turn(1), first));
      expect(failure.reason).toBe("address-refused");
      expect(mayHaveSet(failure)).toBe(false);
    }
    expect([seen.connections, safe.connections]).toEqual([0, 0]);
    for (const settings of [careful, {}]) {
      const failure = await failureOf((await open("http://93.184.215.14/", settings)).set(turn(1), first));
      expect(failure.reason).toBe("address-refused");
      expect(failure.publicMessage).toContain("https:");
    }
  });
});

describe("a server that misbehaves", () => {
  const echo = (status: number, body = ""): RequestListener => {
    return (_request, response) => response.writeHead(status, canary, { "x-echo": canary }).end(`${body}${canary}`);
  };

  it.each<[number, string, RotatorReason]>([
    [401, "", "sign-in"],
    [403, "", "forbidden"],
    [404, "", "broken-answer"],
    [404, '{"error":"no-login"}', "no-login"],
    [404, '{"error":"overtaken"}', "broken-answer"],
    [409, "", "broken-answer"],
    [409, '{"error":"overtaken"}', "overtaken"],
    [409, '{"error":["overtaken"]}', "broken-answer"],
    [409, '{"error":{"toString":1}}', "broken-answer"],
    [422, "", "refused"],
    [429, "", "failing"],
    [500, '{"error":"overtaken"}', "failing"],
    [503, "", "failing"],
    [201, "", "broken-answer"],
    [202, "", "broken-answer"],
    [304, "", "broken-answer"],
    [400, "", "broken-answer"],
  ])("by %d %s fails every step so: %s", async (status, body, reason) => {
    const { address } = await serve((_request, response) =>
      response.writeHead(status, canary, { "x-echo": canary, server: `${canary}\u00e9` }).end(body),
    );
    const shop = await open(address);
    for (const call of [
      () => shop.check(),
      () => shop.set(turn(1), first),
      () => shop.test(turn(1), first),
      () => shop.finish(end(turn(1))),
    ]) {
      const failure = await failureOf(call());
      expect(failure.reason).toBe(reason);
      expect(mayHaveSet(failure)).toBe(["failing", "broken-answer"].includes(reason));
    }
  });

  it.each([301, 302, 303, 307, 308])("by %d is not followed: the password goes nowhere else", async (status) => {
    const elsewhere = await serve((_request, response) => response.end());
    const { address } = await serve((_request, response) =>
      response.writeHead(status, { location: elsewhere.address }).end(),
    );
    const failure = await failureOf((await open(address)).set(turn(1), first));
    expect(failure.reason).toBe("broken-answer");
    expect(failure.publicMessage).toContain("another address");
    expect(elsewhere.connections).toBe(0);
  });

  it.each(["", "true", "null", "[true]", '{"accepted":"true"}', '{"accepted":1}', '{"accepted":true', "<html>"])(
    "by %j has not said whether the password is accepted",
    async (body) => {
      const { address } = await serve((_request, response) => response.end(body));
      expect(await reasonOf((await open(address)).test(turn(1), first))).toBe("broken-answer");
    },
  );

  it("that sends back what it was sent has it in nothing that Skep says", async () => {
    for (const status of [200, 400, 401, 404, 409, 500]) {
      const { address } = await serve(echo(status, '{"accepted":'));
      await failureOf((await open(address)).test(turn(1), first));
    }
  });

  it("with more to say than any answer has is not heard to its end", async () => {
    const { address } = await serve((_request, response) => response.end(Buffer.alloc(5 * 1024 * 1024, canary)));
    expect(await reasonOf((await open(address)).set(turn(1), first))).toBe("broken-answer");
  });

  it.each<[string, RequestListener]>([
    ["before it answers", ({ socket }) => socket.destroy()],
    [
      "within its answer",
      ({ socket }, response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write(canary, () => socket.destroy());
      },
    ],
  ])("by cutting the connection %s may have set the password", async (_when, answer) => {
    const { address } = await serve(answer);
    const failure = await failureOf((await open(address)).set(turn(1), first));
    expect(failure.reason).toBe("unreachable");
    expect(mayHaveSet(failure)).toBe(true);
  });
});

describe("a call that never came to a server", () => {
  it.each<[string, () => Promise<Opening & { address: string }>]>([
    ["since nobody listens", async () => ({ address: await nobodyAt("http") })],
    ["since nobody listens for TLS", async () => ({ address: await nobodyAt("https") })],
    ["since its name leads nowhere", async () => ({ address: "http://shop.invalid/rotate" })],
    ["since TLS is not spoken there", async () => ({ address: await withoutTls() })],
    ["since it hangs up before TLS is there", async () => ({ address: await hangsUp("https") })],
  ])("%s, has set no password for certain", async (_why, where) => {
    const { address, ...settings } = await where();
    const failure = await failureOf((await open(address, settings)).set(turn(1), first));
    expect(["unreachable", "broken-answer"]).toContain(failure.reason);
    expect(mayHaveSet(failure)).toBe(false);
    expect(mayPass(failure)).toBe(true);
  });

  it("is told from one that came there and got no answer", async () => {
    const failure = await failureOf((await open(await hangsUp("http"))).set(turn(1), first));
    expect(mayHaveSet(failure)).toBe(true);
  });
});

async function nobodyAt(protocol: "http" | "https"): Promise<string> {
  const server = createServer().listen(0, "localhost");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `${protocol}://localhost:${port}/rotate`;
}

async function withoutTls(): Promise<string> {
  const { address } = await serve((_request, response) => response.end());
  return address.replace("http:", "https:");
}

/** Takes the connection, and ends it at the first byte. */
async function hangsUp(protocol: "http" | "https"): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.destroy());
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `${protocol}://localhost:${(server.address() as AddressInfo).port}/rotate`;
}
