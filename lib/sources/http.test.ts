import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Source } from "./contract.ts";
import { openSource } from "./open.ts";
import { type SettingsOf, sourceSettings, type Take } from "./schema.ts";

const whole: Take = { take: "whole" };
const password: Take = { take: "field", field: "password" };
const now = new Date("2026-11-27T15:00:00Z");

type Scene = { source: Source; urls: string[]; headers: IncomingHttpHeaders[] };

/** A source on a server that answers so; what it was asked is kept. */
async function scene(
  answer: RequestListener,
  {
    base = "/v1",
    credentials = {},
    ...settings
  }: { base?: string; credentials?: Record<string, string> } & Partial<SettingsOf<"http">> = {},
): Promise<Scene> {
  const urls: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    urls.push(request.url ?? "");
    headers.push(request.headers);
    expect(request.method).toBe("GET");
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`;
  const source = await openSource(
    sourceSettings.parse({ kind: "http", address, allowsPrivateAddresses: true, ...settings }),
    { name: "Config server", credential: async (name) => credentials[name] ?? "", now: () => now },
  );
  onTestFinished(async () => {
    await source.close();
    server.closeAllConnections();
    server.close();
  });
  return { source, urls, headers };
}

/** Answers with a status, headers and a body, whatever is asked. */
function always(status: number, headers: Record<string, string> = {}, body: string | Buffer = ""): RequestListener {
  return (_request, response) =>
    response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers }).end(body);
}

async function textOf(source: Source, path = "a", take = whole, version: string | null = null): Promise<string> {
  const { value } = await source.read(path, take, version);
  return value.use(async (bytes) => bytes.toString("latin1"));
}

describe("what is asked", () => {
  it.each([
    ["/v1", "shop/db", "/v1/shop/db"],
    ["/v1/", "/shop/db", "/v1/shop/db"],
    ["", "shop", "/shop"],
    ["/a%20b", "ä b/€ ", "/a%20b/%C3%A4%20b/%E2%82%AC%20"],
    ["/v1", "group%2Fproject/100%", "/v1/group%2Fproject/100%25"],
    ["/v1", "kv/db?raw&x=/../y", "/v1/kv/db?raw&x=/../y"],
    ["/v1", "a//b/", "/v1/a//b/"],
    ["/v1", "//evil.example/x", "/v1//evil.example/x"],
    ["/v1", "http://evil.example/x", "/v1/http://evil.example/x"],
    ["/v1", "...", "/v1/..."],
  ])("at %j of %j is %j", async (base, path, url) => {
    const { source, urls } = await scene(always(200, { etag: '"1"' }, "x"), { base });
    await textOf(source, path);
    expect(urls).toEqual([url]);
  });

  it.each([
    ...[
      "",
      "/",
      "..",
      "../sys",
      "a/../../sys",
      "a/.",
      "a/%2e%2E/b",
      "%2e",
      "a/..%2fb",
      "a%5c..%5cb",
      "a\\..\\b",
      "..?x",
    ],
    ...["a#b", "a\nb", "a\tb", "a\u0000b", "a\ud800b"],
  ])("is never a path that could leave what the settings name: %j", async (path) => {
    const { source, urls } = await scene(always(200, { etag: '"1"' }, "x"));
    for (const call of [source.read(path, whole, null), source.versions(path, null)]) {
      await expect(call).rejects.toMatchObject({ code: "invalid-input", field: "path" });
    }
    expect(urls).toEqual([]);
  });

  it("carries the headers of the settings, with credentials behind their prefix, and asks caches to look again", async () => {
    const { source, headers } = await scene(always(200, { etag: '"1"' }, "x"), {
      credentials: { token: "s3cret" },
      headers: [
        { name: "Authorization", credential: "token", prefix: "Bearer " },
        { name: "X-Tenant", credential: null, prefix: "shop" },
        { name: "Accept", credential: null, prefix: "text/plain" },
      ],
    });
    await textOf(source);
    expect(headers).toMatchObject([
      {
        authorization: "Bearer s3cret",
        "x-tenant": "shop",
        accept: "text/plain",
        "cache-control": "no-cache",
        "accept-encoding": "identity",
      },
    ]);
  });

  it.each(["a\r\nX-Admin: yes", "a\nb", "a\u0000", "pässword"])(
    "is nothing where a credential would break a header: %j",
    async (credential) => {
      const { source, urls } = await scene(always(200), {
        credentials: { token: credential },
        headers: [{ name: "X-Token", credential: "token", prefix: "" }],
      });
      const failure = (await source.check().catch((error: unknown) => error)) as Error;
      expect(failure).toMatchObject({
        code: "source-sign-in",
        publicMessage: expect.stringContaining("credential token"),
      });
      expect(`${failure.message}${failure.stack}`).not.toContain(credential);
      expect(urls).toEqual([]);
    },
  );
});

describe("a version", () => {
  it("by its ETag is asked for with the one that is known, and nothing comes where it still is", async () => {
    const { source, headers } = await scene((request, response) => {
      if (request.headers["if-none-match"] === '"1"') return void response.writeHead(304).end();
      always(200, { etag: '"1"', "last-modified": "Fri, 27 Nov 2026 14:00:00 GMT" }, "value")(request, response);
    });
    const present = [{ id: '"1"', createdAt: "2026-11-27T14:00:00.000Z", state: "there" }];
    expect(await source.versions("a", null)).toEqual(present);
    expect(await source.versions("a", '"1"')).toEqual([]);
    expect(await source.versions("a", '"0"')).toEqual(present);
    expect(await source.versions("a", "no tag")).toEqual(present);
    expect(headers.map((asked) => asked["if-none-match"])).toEqual([undefined, '"1"', '"0"', undefined]);
  });

  it("is the same one where a server ignores the condition, or a proxy makes its ETag weak", async () => {
    const { source } = await scene(always(200, { etag: 'W/"1"' }, "value"));
    expect(await source.versions("a", '"1"')).toEqual([]);
    expect(await source.versions("a", 'W/"1"')).toEqual([]);
    expect(await textOf(source, "a", whole, '"1"')).toBe("value");
  });

  it("by another header is compared as it is, without a condition", async () => {
    const { source, headers } = await scene(always(200, { "x-revision": 'W/"7"', etag: '"1"' }, "value"), {
      versionFrom: { in: "header", name: "X-Revision" },
    });
    expect(await source.versions("a", '"7"')).toMatchObject([{ id: 'W/"7"' }]);
    expect(await source.versions("a", 'W/"7"')).toEqual([]);
    expect(headers.some((asked) => "if-none-match" in asked)).toBe(false);
  });

  it.each([
    ['{"password":"x","meta":{"version":12345678901234567890}}', "12345678901234567890"],
    ['{"password":"x","meta":{"version":"seven"}}', "seven"],
  ])("by the body %s is %s", async (body, id) => {
    const { source } = await scene(always(200, {}, body), { versionFrom: { in: "body", pointer: "/meta/version" } });
    expect(await source.versions("a", null)).toEqual([{ id, createdAt: null, state: "there" }]);
    expect(await source.versions("a", id)).toEqual([]);
    expect(await source.read("a", password, id)).toMatchObject({ versionId: id });
  });

  it.each([
    '{"meta":{"version":{"a":1}}}',
    '{"meta":{"version":true}}',
    '{"meta":{"version":""}}',
    "{}",
    "no JSON",
    `{"meta":{"version":"${"x".repeat(256)}"}}`,
  ])("that a body does not say, as %.40s, is not made up", async (body) => {
    const { source } = await scene(always(200, {}, body), { versionFrom: { in: "body", pointer: "/meta/version" } });
    for (const call of [source.versions("a", null), source.read("a", password, null)]) {
      await expect(call).rejects.toMatchObject({
        code: "source-broken-answer",
        publicMessage: expect.stringContaining("/meta/version"),
      });
    }
  });

  it("that no header says is not made up either", async () => {
    const { source } = await scene(always(200, {}, "value"));
    for (const call of [source.versions("a", null), source.read("a", whole, null)]) {
      await expect(call).rejects.toMatchObject({
        code: "source-broken-answer",
        publicMessage: expect.stringContaining("header etag"),
      });
    }
  });

  it("does not matter where the settings know none, and then nothing is asked for it", async () => {
    const { source, urls } = await scene(always(200, { etag: '"1"' }, "value"), { versionFrom: null });
    expect(await source.versions("a", null)).toEqual([]);
    expect(urls).toEqual([]);
    expect(await source.read("a", whole, null)).toMatchObject({ versionId: null });
    await expect(source.read("a", whole, '"1"')).rejects.toMatchObject({ code: "source-not-found" });
  });

  it("that has been overtaken is not there any more", async () => {
    const { source } = await scene(always(200, { etag: '"2"' }, "newer"));
    await expect(source.read("a", whole, '"1"')).rejects.toMatchObject({
      code: "source-not-found",
      publicMessage: expect.stringContaining("newer version"),
    });
  });

  it("that nobody asked to be unchanged cannot be", async () => {
    const { source } = await scene(always(304, { etag: '"1"' }));
    await expect(source.versions("a", null)).rejects.toMatchObject({ code: "source-broken-answer" });
    await expect(source.read("a", whole, null)).rejects.toMatchObject({ code: "source-broken-answer" });
    expect(await source.versions("a", '"1"')).toEqual([]);
  });
});

describe("a value", () => {
  it("is a field by pointer, or by its bare name at the top", async () => {
    const body = '{"db":[{"pass/word":"deep"}],"user":"ada","/odd":"x"}';
    const { source } = await scene(always(200, { etag: '"1"' }, body));
    expect(await textOf(source, "a", { take: "field", field: "/db/0/pass~1word" })).toBe("deep");
    expect(await textOf(source, "a", { take: "field", field: "user" })).toBe("ada");
    expect(await textOf(source, "a", { take: "template", template: "{{user}}:{{/db/0/pass~1word}}" })).toBe("ada:deep");
  });

  it("that is compressed, or may be a part of it, is none", async () => {
    const packed = await scene(always(200, { etag: '"1"', "content-encoding": "gzip" }, gzipSync("value")));
    await expect(packed.source.read("a", whole, null)).rejects.toMatchObject({
      publicMessage: expect.stringContaining("compresses"),
    });
    const cut = await scene((request) => request.socket.end('HTTP/1.0 200 OK\r\nETag: "1"\r\n\r\nvalu'));
    await expect(cut.source.read("a", whole, null)).rejects.toMatchObject({
      publicMessage: expect.stringContaining("Content-Length"),
    });
    const chunked = await scene((_request, response) => {
      response.writeHead(200, { etag: '"1"' });
      response.write("val");
      response.end("ue");
    });
    expect(await textOf(chunked.source)).toBe("value");
  });

  it("of no bytes is empty, whichever way that is said", async () => {
    for (const answer of [
      always(200, { etag: '"1"' }),
      ((_request, response) => response.writeHead(204, { etag: '"1"' }).end()) as RequestListener,
    ]) {
      const { source } = await scene(answer);
      await expect(source.read("a", whole, null)).rejects.toMatchObject({ code: "source-no-value" });
    }
  });
});

it("of no answer a body is left behind, whether it was wanted, refused or only looked at", async () => {
  const concat = vi.spyOn(Buffer, "concat");
  onTestFinished(() => concat.mockRestore());
  let status = 200;
  const { source } = await scene((request, response) => always(status, { etag: '"1"' }, "canary")(request, response));
  expect(await textOf(source)).toBe("canary");
  await source.versions("a", null);
  await source.check();
  await expect(source.read("a", whole, '"0"')).rejects.toThrow();
  status = 500;
  await expect(source.read("a", whole, null)).rejects.toThrow();
  const bodies = concat.mock.results.map(({ value }) => value as Buffer).filter((body) => body.length === 6);
  expect(bodies.length).toBe(5);
  expect(bodies.every((body) => body.every((byte) => byte === 0))).toBe(true);
});

describe("a status", () => {
  it.each<[number, string, Record<string, string>, number]>([
    [301, "broken-answer", {}, 300],
    [302, "broken-answer", {}, 300],
    [308, "broken-answer", {}, 300],
    [401, "sign-in", {}, 300],
    [403, "forbidden", {}, 300],
    [404, "not-found", {}, 300],
    [410, "not-found", {}, 300],
    [429, "throttled", { "retry-after": "7" }, 7],
    [429, "throttled", {}, 60],
    [429, "throttled", { "retry-after": "Fri, 27 Nov 2026 15:01:30 GMT" }, 90],
    [500, "failing", {}, 30],
    [503, "failing", { "retry-after": "120" }, 120],
    [206, "broken-answer", {}, 300],
    [400, "broken-answer", {}, 300],
    [407, "broken-answer", {}, 300],
  ])("%d means %s", async (status, reason, headers, pauseSeconds) => {
    const { source } = await scene(always(status, { ...headers, etag: '"1"', location: "/canary" }, "canary"));
    for (const call of [source.read("a", whole, null), source.versions("a", '"1"')]) {
      await expect(call).rejects.toMatchObject({ code: `source-${reason}`, reason, pauseSeconds });
    }
  });

  it("that leads elsewhere says so, and so does one that asks for a login where there is none", async () => {
    const moved = await scene(always(301, { location: "/canary" }));
    for (const call of [moved.source.check(), moved.source.read("a", whole, null)]) {
      await expect(call).rejects.toMatchObject({ publicMessage: expect.stringContaining("Write the final address") });
    }
    expect(moved.urls).toEqual(["/v1", "/v1/a"]);
    const closed = await scene(always(401));
    await expect(closed.source.check()).rejects.toMatchObject({
      publicMessage: expect.stringContaining("Add a header"),
    });
  });
});

describe("a check", () => {
  it.each([200, 204, 404, 405, 410])("is content with %d at the address itself", async (status) => {
    const { source, urls } = await scene(always(status, { server: "nginx/1.29" }));
    expect(await source.check()).toEqual({ software: "nginx/1.29", login: "none" });
    expect(urls).toEqual(["/v1"]);
  });

  it.each([
    [401, "sign-in"],
    [403, "sign-in"],
    [429, "throttled"],
    [400, "broken-answer"],
    [500, "failing"],
  ])("is not content with %d", async (status, reason) => {
    const { source } = await scene(always(status));
    await expect(source.check()).rejects.toMatchObject({ reason });
  });

  it.each(["x".repeat(81), "a\u00e9b", ""])(
    "does not repeat what cannot be shown of a server: %.10s",
    async (server) => {
      const { source } = await scene(always(200, { server }));
      expect((await source.check()).software).toBe("HTTP");
    },
  );
});
