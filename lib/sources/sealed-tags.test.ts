import { createHash, createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Source } from "./contract.ts";
import { openSource } from "./open.ts";
import { sourceSettings } from "./schema.ts";

/** As many servers do: the tag is a hash of what is answered. */
const tagOf = (body: string) => `"${createHash("md5").update(body).digest("hex")}"`;
const sealTag = (text: string) => createHmac("sha256", "a key").update(text).digest("base64url").slice(0, 16);

let body = "hunter2";
let isWeak = false;
const asked: string[] = [];
const server = createServer((request, response) => {
  const tag = `${isWeak ? "W/" : ""}${tagOf(body)}`;
  asked.push(String(request.headers["if-none-match"] ?? "-"));
  if (request.headers["if-none-match"] === tag) return void response.writeHead(304, { etag: tag }).end();
  response.writeHead(200, { etag: tag, "content-length": body.length }).end(body);
});
let source: Source;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(async () => {
  asked.length = 0;
  isWeak = false;
  body = "hunter2";
  source = await open();
  return () => source.close();
});

function open(): Promise<Source> {
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = sourceSettings.parse({ kind: "http", address, allowsPrivateAddresses: true });
  const surroundings = { name: "Config", credential: async () => "", now: () => new Date() };
  return openSource(settings, surroundings, { sealTag });
}

async function textOf(versionId: string | null): Promise<string> {
  const { value } = await source.read("a", { take: "whole" }, versionId);
  return value.use(async (bytes) => bytes.toString());
}

it("an ETag that is a hash of the value is not the id of its version", async () => {
  const [version] = await source.versions("a", null);
  expect(version?.id).toBe(sealTag(tagOf("hunter2")));
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
  expect(after?.id).toBe(sealTag(tagOf("correct horse")));
  await expect(textOf(before)).rejects.toMatchObject({ code: "source-not-found" });
});

it("a tag that a proxy made weak is of the same version", async () => {
  const [{ id } = { id: "" }] = await source.versions("a", null);
  isWeak = true;
  expect(await source.versions("a", id)).toEqual([]);
  expect(await textOf(id)).toBe("hunter2");
});
