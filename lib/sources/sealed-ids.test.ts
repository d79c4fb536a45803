import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Source, SourceSurroundings } from "./contract.ts";
import { openVaultDouble } from "./doubles/vault.ts";
import { openSource } from "./open.ts";
import { sourceSettings } from "./schema.ts";
import { sealWith } from "./sealed-ids.ts";

/** As many servers do: the tag is a hash of what is answered. */
const tagOf = (body: string) => `"${createHash("md5").update(body).digest("hex")}"`;
const seal = sealWith(Buffer.from("a key"));

let body = "hunter2";
let isWeak = false;
let says = "1";
const asked: string[] = [];
const server = createServer((request, response) => {
  const tag = `${isWeak ? "W/" : ""}${tagOf(body)}`;
  asked.push(String(request.headers["if-none-match"] ?? "-"));
  if (request.headers["if-none-match"] === tag) return void response.writeHead(304, { etag: tag }).end();
  const headers = { etag: tag, "x-says": says, "content-length": body.length };
  response.writeHead(200, headers).end(body);
});
let source: Source;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(async () => {
  asked.length = 0;
  isWeak = false;
  says = "1";
  body = "hunter2";
  source = await open();
  return () => source.close();
});

function open(key = seal, versionFrom: object = { in: "header", name: "etag" }): Promise<Source> {
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = sourceSettings.parse({ kind: "http", address, allowsPrivateAddresses: true, versionFrom });
  return openSource(
    settings,
    surroundings(async () => ""),
    { seal: key },
  );
}

function surroundings(credential: SourceSurroundings["credential"]): SourceSurroundings {
  return { name: "Config", credential, now: () => new Date() };
}

async function textOf(versionId: string | null): Promise<string> {
  const { value } = await source.read("a", { take: "whole" }, versionId);
  return value.use(async (bytes) => bytes.toString());
}

it("an ETag that is a hash of the value is not the id of its version", async () => {
  const [version] = await source.versions("a", null);
  expect(version?.id).toBe(seal.of(tagOf("hunter2")));
  expect(JSON.stringify(version)).not.toContain(tagOf("hunter2").slice(1, 9));
  expect(await textOf(version?.id ?? "")).toBe("hunter2");
});

it("what has not changed is asked for by its tag, as long as this process knows it, and is nothing new in any case", async () => {
  const [{ id } = { id: "" }] = await source.versions("a", null);
  expect(await source.versions("a", id)).toEqual([]);
  expect(asked).toEqual(["-", tagOf("hunter2")]);
  const another = await open();
  expect(await another.versions("a", id)).toEqual([]);
  await another.close();
  expect(asked).toHaveLength(3);
  expect(asked.at(-1)).toBe("-");
});

it("what has changed is new, and the version before it is no longer there", async () => {
  const [{ id: before } = { id: "" }] = await source.versions("a", null);
  body = "correct horse";
  const [after] = await source.versions("a", before);
  expect(after?.id).toBe(seal.of(tagOf("correct horse")));
  await expect(textOf(before)).rejects.toMatchObject({ code: "source-not-found" });
});

it("a tag that a proxy made weak is of the same version", async () => {
  const [{ id } = { id: "" }] = await source.versions("a", null);
  isWeak = true;
  expect(await source.versions("a", id)).toEqual([]);
  expect(await textOf(id)).toBe("hunter2");
});

describe("what comes out of the content", () => {
  it("is sealed where a field of a body says it", async () => {
    body = '{"pin":"1234","other":"1234"}';
    const told = await opened(seal, { in: "body", pointer: "/pin" });
    const [version] = await told.versions("a", null);
    expect(version).toEqual({ id: seal.of("1234"), createdAt: null, state: "there" });
    expect(await told.versions("a", seal.of("1234"))).toEqual([]);
    const { versionId, value } = await told.read("a", { take: "field", field: "other" }, seal.of("1234"));
    value.forget();
    expect(versionId).toBe(seal.of("1234"));
  });

  it.each(["7", "1234567890123456789", "2026-11-27", "2026-11-27T15:00:00.123Z", "Fri, 27 Nov 2026 15:00:00 GMT"])(
    "is kept as it is where a header counts or dates: %s",
    async (text) => {
      says = text;
      const told = await opened(seal, { in: "header", name: "X-Says" });
      expect(await told.versions("a", null)).toMatchObject([{ id: text }]);
      expect(await told.versions("a", text)).toEqual([]);
    },
  );

  it.each(["hunter2", "12345678901234567890", "2026-11-27 hunter2", "-7", "0x7", '"7"'])(
    "is sealed where a header says anything else: %s",
    async (text) => {
      says = text;
      const told = await opened(seal, { in: "header", name: "X-Says" });
      expect(await told.versions("a", null)).toMatchObject([{ id: seal.of(text) }]);
      expect(await told.versions("a", seal.of(text))).toEqual([]);
    },
  );

  it("is sealed where a field of KV version 1 says it, and no number that KV version 2 counts is", async () => {
    const ids = [];
    for (const version of [1, 2] as const) {
      const double = await openVaultDouble({ version, versionField: "password" });
      onTestFinished(() => double.end());
      await double.put("shop/db", { password: "hunter2", user: "ada" });
      const vault = await openSource(double.settings, surroundings(double.credential), { seal });
      onTestFinished(() => vault.close());
      const [{ id } = { id: "" }] = await vault.versions("shop/db", null);
      expect(await vault.versions("shop/db", id)).toEqual([]);
      const { versionId, value } = await vault.read("shop/db", { take: "field", field: "user" }, id);
      value.forget();
      ids.push(versionId);
    }
    expect(ids).toEqual([seal.of("hunter2"), expect.stringMatching(/^1@/)]);
  });
});

describe("after a change of the key", () => {
  const old = sealWith(Buffer.from("the key before"));

  it("what is there at the first look counts as known, and what comes after it is new", async () => {
    const known = old.of(tagOf("hunter2"));
    expect(await source.versions("a", known)).toEqual([]);
    expect(await source.versions("a", known)).toEqual([]);
    const ofAnotherSecret = old.of("a version before");
    expect(await source.versions("a", ofAnotherSecret)).toEqual([]);
    body = "correct horse";
    const after = [{ id: seal.of(tagOf("correct horse")), createdAt: null, state: "there" }];
    expect(await textOf(null)).toBe("correct horse");
    expect(await source.versions("a", known)).toEqual(after);
    expect(await source.versions("a", ofAnotherSecret)).toEqual(after);
    expect(await source.versions("a", seal.of(tagOf("correct horse")))).toEqual([]);
  });

  it("nothing is read for a version that was sealed before, in words that say what to do", async () => {
    await expect(textOf(old.of(tagOf("hunter2")))).rejects.toMatchObject({
      code: "source-not-found",
      publicMessage: expect.stringContaining("Compare the values"),
    });
    expect(asked).toEqual([]);
  });

  it("what was never sealed is as new as ever", async () => {
    expect(await source.versions("a", "7")).toMatchObject([{ id: seal.of(tagOf("hunter2")) }]);
  });
});

async function opened(...given: Parameters<typeof open>): Promise<Source> {
  const another = await open(...given);
  onTestFinished(() => another.close());
  return another;
}
