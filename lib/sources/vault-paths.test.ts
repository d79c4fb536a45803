import { describe, expect, it } from "vitest";
import { isAppError } from "#lib/errors.ts";
import { answered, refused } from "./doubles/vault-reply.ts";
import { failureOf, fieldsOf, opened, reasonOf } from "./doubles/vault-scene.ts";
import { openReach } from "./reach.ts";
import { openVault } from "./vault.ts";
import { pageSize } from "./vault-kv.ts";
import { formerIdOf } from "./vault-version.ts";

describe("a path", () => {
  it.each(["shop db/ä & b?c#d%2e%2e+=", "a.b/.c", "data/metadata"])("such as %j arrives as it is", async (path) => {
    const { double, source } = await opened();
    await double.put(path, { password: "one" });
    expect(fieldsOf(await source.fetch(path, null))).toEqual({ password: "one" });
    expect((await source.versions(path, null)).map(({ id }) => formerIdOf(id))).toEqual(["1"]);
  });

  it.each([
    "",
    "/shop",
    "shop/",
    "a//b",
    "..",
    "a/../b",
    "../sys/mounts",
    ".",
    "a/./b",
    "a..b",
    "db.",
    "a\nb",
    "a\u0000",
    "a\ud800",
  ])("such as %j is refused, and nothing is asked", async (path) => {
    const { double, source } = await opened();
    for (const work of [source.fetch(path, null), source.versions(path, null)]) {
      const error = await work.then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(isAppError(error, "invalid-input") && error.field).toBe("path");
    }
    expect(double.node.answered).toEqual([]);
  });

  it.each(["..", "a/..", "a//b", "/a", "a//"])("of a folder such as %j is refused", async (folder) => {
    const { source } = await opened();
    await expect(source.browse(folder)).rejects.toMatchObject({ code: "invalid-input", field: "path" });
  });

  it("of a mount that climbs is refused when the source is opened", async () => {
    await expect(opened({}, { mount: "a/../sys" })).rejects.toMatchObject({ code: "invalid-input", field: "mount" });
  });

  it("stands after the one that the address has, behind a proxy", async () => {
    const { double, source } = await opened();
    const { address } = double.settings;
    const reach = openReach({ allowsPrivateAddresses: true, authority: null });
    const surroundings = { name: "v", credential: double.credential, now: () => new Date() };
    const behind = openVault({ ...double.settings, address: `${address}/vault/` }, surroundings, reach);
    await behind.check().catch(() => null);
    reach.close();
    expect(double.node.answered[0]).toBe("GET /vault/v1/sys/health");
    await source.close();
  });
});

describe("the names in a folder", () => {
  it.each([1, 2] as const)("of version %i are folders and secrets, in order", async (version) => {
    const { double, source } = await opened({ version });
    for (const path of ["shop/db", "shop/api/key", "shop/api", "infra/root", "zeta"])
      await double.put(path, { a: "b" });
    expect(await source.browse("")).toEqual({ names: ["infra/", "shop/", "zeta"], next: null });
    expect(await source.browse("shop/")).toEqual({ names: ["api", "api/", "db"], next: null });
    expect(await source.browse("shop")).toEqual({ names: ["api", "api/", "db"], next: null });
  });

  it("are none in one that is not there, or that is empty", async () => {
    const { source } = await opened();
    expect(await source.browse("")).toEqual({ names: [], next: null });
    expect(await source.browse("nowhere/")).toEqual({ names: [], next: null });
  });

  it("come page by page, each once", async () => {
    const { double, source } = await opened();
    const keys = Array.from({ length: pageSize * 2 + 1 }, (_, index) => `s${String(index).padStart(5, "0")}`);
    double.node.instead = ({ query }) => (query.has("list") ? answered({ keys: keys.toReversed() }) : null);
    const first = await source.browse("");
    const second = await source.browse("", first.next ?? "");
    const third = await source.browse("", second.next ?? "");
    expect([...first.names, ...second.names, ...third.names]).toEqual(keys);
    expect([first.names.length, third.next]).toEqual([pageSize, null]);
  });

  it("that are no names are a broken answer", async () => {
    const { double, source } = await opened();
    double.node.instead = ({ query }) => (query.has("list") ? answered({ keys: [{}] }) : null);
    expect(await reasonOf(source.browse(""))).toBe("broken-answer");
  });
});

describe("what a policy forbids", () => {
  const reads = { "secret/data/shop/*": ["read" as const] };

  it("is told with the right that is missing, and no login is made for it", async () => {
    const { double, source, asked } = await opened({ rules: reads });
    await double.put("shop/db", { password: "one" });
    expect((await source.fetch("shop/db", null)).versionId).toMatch(/^1@/);
    const failures = await Promise.all([
      failureOf(source.versions("shop/db", null)),
      failureOf(source.browse("")),
      failureOf(source.browse("shop")),
      failureOf(source.fetch("infra/root", null)),
    ]);
    expect(failures.map(({ reason }) => reason)).toEqual(Array(4).fill("forbidden"));
    expect(failures.map(({ publicMessage }) => publicMessage)).toEqual([
      "shop-vault does not let Skep's login see the versions of shop/db. Give its policy the right read on secret/metadata/shop/db.",
      "shop-vault does not let Skep's login list its secrets. Give its policy the right list on secret/metadata/.",
      "shop-vault does not let Skep's login list shop/. Give its policy the right list on secret/metadata/shop/.",
      "shop-vault does not let Skep's login read infra/root. Give its policy the right read on secret/data/infra/root.",
    ]);
    expect(asked("/login")).toBe(1);
  });

  it("is told so where the login may not even look at itself", async () => {
    const { double, source, asked } = await opened({ rules: {} });
    double.books.tokens.policies.set("default", {});
    expect(await reasonOf(source.fetch("shop/db", null))).toBe("forbidden");
    expect(asked("/login")).toBe(2);
  });

  it("is told so of version 1", async () => {
    const { source } = await opened({ version: 1, rules: { "secret/shop/*": ["read"] }, versionField: "turn" });
    expect((await failureOf(source.versions("infra/root", null))).publicMessage).toBe(
      "shop-vault does not let Skep's login read infra/root. Give its policy the right read on secret/infra/root.",
    );
    expect((await failureOf(source.browse("infra"))).publicMessage).toMatch(/the right list on secret\/infra\/\.$/);
  });
});

describe("a namespace", () => {
  it("is named in all but what Vault knows outside of any", async () => {
    const { double, source } = await opened({ namespace: "team/shop" });
    await double.put("shop/db", { password: "one" });
    await source.check();
    await source.fetch("shop/db", null);
    await source.close();
    const named = double.node.questions.map(({ path, headers }) => [path, headers["x-vault-namespace"]]);
    expect(named.slice(1).every(([, namespace]) => namespace === "team/shop")).toBe(true);
    expect(named[0]).toEqual(["sys/health", undefined]);
    expect(double.node.questions.every(({ headers }) => headers["x-vault-request"] === "true")).toBe(true);
  });

  it("that is another one's is no login", async () => {
    const { source } = await opened({ namespace: "team/shop" }, { namespace: "team/other" });
    expect(await reasonOf(source.check())).toBe("sign-in");
  });

  it("that is locked is told from a Vault that is sealed", async () => {
    const { double, source } = await opened({ namespace: "team/shop" });
    double.node.instead = ({ path }) => (path.startsWith("secret/") ? refused(503, "locked") : null);
    const failure = await failureOf(source.fetch("shop/db", null));
    expect([failure.reason, failure.publicMessage]).toEqual([
      "failing",
      "shop-vault serves nothing at the moment. Look whether it is down for maintenance, or its namespace team/shop sealed or locked; Skep asks again by itself.",
    ]);
  });
});
