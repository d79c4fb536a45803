import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { isAppError } from "#lib/errors.ts";
import { testAuthority } from "#lib/swarm/test-certificates.ts";
import type { Payload } from "./contract.ts";
import { canary } from "./doubles/stage.ts";
import { openVaultDouble, type VaultDoubleOptions } from "./doubles/vault.ts";
import { answered, refused } from "./doubles/vault-reply.ts";
import { isSourceFailure, type SourceFailure, type SourceReason } from "./failure.ts";
import { textOf } from "./json.ts";
import { openReach } from "./reach.ts";
import { type SettingsOf, sourceSettings } from "./schema.ts";
import { openVault } from "./vault.ts";
import { pageSize } from "./vault-kv.ts";

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

type Changes = Partial<SettingsOf<"vault">> & { authority?: string };

async function opened(options: VaultDoubleOptions = {}, { authority, ...changes }: Changes = {}) {
  let at = Date.parse("2026-05-09T12:00:00Z");
  const now = () => new Date(at);
  const double = await openVaultDouble({ now, ...options });
  const reach = openReach({ allowsPrivateAddresses: true, authority: authority ?? null });
  const surroundings = { name: "shop-vault", credential: double.credential, now };
  const source = openVault({ ...double.settings, ...changes }, surroundings, reach);
  endings.push(async () => {
    reach.close();
    await double.end();
  });
  const pass = (seconds: number) => {
    at += seconds * 1000;
  };
  const close = async () => {
    await source.close();
    reach.close();
  };
  const asked = (part: string) => double.node.answered.filter((request) => request.includes(part)).length;
  return { double, source, pass, asked, close };
}

function fieldsOf({ payload }: { payload: Payload }) {
  return payload.has === "fields" ? payload.fields : null;
}

async function failureOf(work: Promise<unknown>): Promise<SourceFailure> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!isSourceFailure(error)) throw new Error("There was no failure of a source.", { cause: error });
  return error;
}

async function reasonOf(work: Promise<unknown>): Promise<SourceReason> {
  return (await failureOf(work)).reason;
}

describe("a secret of KV version 2", () => {
  it("is read as its present version, with the number of it", async () => {
    const { double, source } = await opened();
    await double.put("shop/db", { user: "shop", password: "first" });
    await double.put("shop/db", { user: "shop", password: "second" });
    const fetched = await source.fetch("shop/db", null);
    expect(fetched.versionId).toBe("2");
    expect(fieldsOf(fetched)).toEqual({ user: "shop", password: "second" });
  });

  it("is read as the version that was asked for", async () => {
    const { double, source } = await opened();
    await double.put("shop/db", { password: "first" });
    await double.put("shop/db", { password: "second" });
    expect(fieldsOf(await source.fetch("shop/db", "1"))).toEqual({ password: "first" });
  });

  it("is never read as another version than was asked for", async () => {
    const { double, source } = await opened();
    double.node.instead = ({ path }) =>
      path.includes("/data/") ? answered({ data: { a: "b" }, metadata: { version: 2 } }) : null;
    expect(await reasonOf(source.fetch("shop/db", "1"))).toBe("broken-answer");
    expect((await source.fetch("shop/db", "2")).versionId).toBe("2");
  });

  it.each(["0", "-1", "1.0", "latest", "", "1&version=2", "99999999999999999999"])(
    "has no version %j, and nobody is asked for one",
    async (id) => {
      const { double, source, asked } = await opened();
      await double.put("shop/db", { password: "first" });
      expect(await reasonOf(source.fetch("shop/db", id))).toBe("not-found");
      expect(asked("/data/")).toBe(0);
    },
  );

  it("keeps the digits of its numbers", async () => {
    const { double, source } = await opened();
    double.node.instead = ({ path }) => {
      const body = '{"data":{"data":{"pin":12345678901234567890,"rate":1.10},"metadata":{"version":3}}}';
      return path.includes("/data/") ? { status: 200, body: Buffer.from(body) } : null;
    };
    const fields = fieldsOf(await source.fetch("shop/db", null));
    expect([textOf(fields?.pin), textOf(fields?.rate)]).toEqual(["12345678901234567890", "1.10"]);
  });

  it("that was deleted is told from one that was destroyed, and both from one that never was", async () => {
    const { double, source } = await opened();
    for (const password of ["one", "two", "three"]) await double.put("shop/db", { password });
    double.askAsOwner("POST", "secret/destroy/shop/db", { versions: [2] });
    await double.remove("shop/db");
    const failures = await Promise.all([null, "3", "2", "4"].map((id) => failureOf(source.fetch("shop/db", id))));
    expect(failures.map(({ reason }) => reason)).toEqual(Array(4).fill("not-found"));
    expect(failures.map(({ publicMessage }) => publicMessage)).toEqual([
      "Version 3 of shop/db was deleted at shop-vault. Undelete it there, or write a new version.",
      "Version 3 of shop/db was deleted at shop-vault. Undelete it there, or write a new version.",
      "Version 2 of shop/db was destroyed at shop-vault, for good. Write a new version there.",
      "shop-vault has nothing there. Look at the path, and whether the version was deleted.",
    ]);
    expect(fieldsOf(await source.fetch("shop/db", "1"))).toEqual({ password: "one" });
  });

  it("can be read again once it was undeleted", async () => {
    const { double, source } = await opened();
    await double.put("shop/db", { password: "one" });
    await double.remove("shop/db");
    expect(await reasonOf(source.fetch("shop/db", null))).toBe("not-found");
    double.askAsOwner("POST", "secret/undelete/shop/db", { versions: [1] });
    expect((await source.fetch("shop/db", null)).versionId).toBe("1");
  });

  it.each([
    ["no data", { metadata: { version: 1 } }],
    ["data that is no object", { data: 5, metadata: { version: 1 } }],
    ["data that is a list", { data: ["a"], metadata: { version: 1 } }],
    ["no version", { data: { a: "b" }, metadata: {} }],
    ["a version that is none", { data: { a: "b" }, metadata: { version: "latest" } }],
    ["nothing", null],
  ])("with %s is a broken answer", async (_what, data) => {
    const { double, source } = await opened();
    double.node.instead = ({ path }) => (path.includes("/data/") ? answered(data) : null);
    expect(await reasonOf(source.fetch("shop/db", null))).toBe("broken-answer");
  });
});

describe("the versions of KV version 2", () => {
  it("are the present one for whoever knows none, then the ones after the one that is known", async () => {
    const { double, source, pass } = await opened();
    for (const password of ["one", "two", "three"]) {
      await double.put("shop/db", { password });
      pass(60);
    }
    const third = { id: "3", createdAt: "2026-05-09T12:02:00.000Z", state: "there" };
    expect(await source.versions("shop/db", null)).toEqual([third]);
    expect((await source.versions("shop/db", "1")).map(({ id }) => id)).toEqual(["2", "3"]);
    expect(await source.versions("shop/db", "3")).toEqual([]);
  });

  it("cost one request, which no value answers", async () => {
    const { double, source, asked } = await opened();
    await double.put("shop/db", { password: "one" });
    await source.versions("shop/db", null);
    const before = double.node.answered.length;
    await source.versions("shop/db", "1");
    expect(double.node.answered.slice(before)).toEqual(["GET /v1/secret/metadata/shop/db"]);
    expect(asked("/data/")).toBe(0);
  });

  it("are in the order of their numbers, beyond nine", async () => {
    const { double, source } = await opened();
    for (let number = 1; number <= 12; number += 1) await double.put("shop/db", { password: `${number}` });
    expect((await source.versions("shop/db", "8")).map(({ id }) => id)).toEqual(["9", "10", "11", "12"]);
  });

  it("show the deletion of the last one to whoever knows it, until there is a later one", async () => {
    const { double, source } = await opened();
    await double.put("shop/db", { password: "one" });
    await double.put("shop/db", { password: "two" });
    await double.remove("shop/db");
    const states = (versions: { id: string; state: string }[]) => versions.map(({ id, state }) => `${id} ${state}`);
    expect(states(await source.versions("shop/db", "2"))).toEqual(["2 deleted"]);
    expect(states(await source.versions("shop/db", "2"))).toEqual(["2 deleted"]);
    expect(states(await source.versions("shop/db", "1"))).toEqual(["2 deleted"]);
    expect(states(await source.versions("shop/db", null))).toEqual(["2 deleted"]);
    double.askAsOwner("POST", "secret/undelete/shop/db", { versions: [2] });
    expect(states(await source.versions("shop/db", "2"))).toEqual([]);
    await double.put("shop/db", { password: "three" });
    expect(states(await source.versions("shop/db", "2"))).toEqual(["3 there"]);
    double.askAsOwner("POST", "secret/destroy/shop/db", { versions: [3] });
    expect(states(await source.versions("shop/db", "3"))).toEqual(["3 deleted"]);
  });

  it("count as there until the time of their deletion has come", async () => {
    const { double, source, pass } = await opened();
    double.askAsOwner("POST", "secret/metadata/shop/db", { delete_version_after: "90s" });
    await double.put("shop/db", { password: "one" });
    expect((await source.versions("shop/db", null))[0]?.state).toBe("there");
    pass(91);
    expect((await source.versions("shop/db", null))[0]?.state).toBe("deleted");
  });

  it("begin anew where the secret was made anew", async () => {
    const { double, source } = await opened();
    for (const password of ["one", "two", "three"]) await double.put("shop/db", { password });
    double.askAsOwner("DELETE", "secret/metadata/shop/db");
    expect(await reasonOf(source.versions("shop/db", "3"))).toBe("not-found");
    await double.put("shop/db", { password: "again" });
    expect((await source.versions("shop/db", "3")).map(({ id }) => id)).toEqual(["1"]);
    expect((await source.versions("shop/db", "of another kind")).map(({ id }) => id)).toEqual(["1"]);
  });

  it("are none where there is only metadata, and carry the custom metadata where there is some", async () => {
    const { double, source } = await opened();
    double.askAsOwner("POST", "secret/metadata/shop/db", { custom_metadata: { owner: "shop team" } });
    expect(await source.versions("shop/db", null)).toEqual([]);
    await double.put("shop/db", { password: "one" });
    expect((await source.versions("shop/db", null))[0]?.labels).toEqual({ owner: "shop team" });
  });

  it.each([
    ["no versions", { current_version: 1 }],
    ["a number that is none", { current_version: 1, versions: { one: {} } }],
    ["a present one that is not among them", { current_version: 3, versions: { "1": {} } }],
    ["a list", { current_version: 1, versions: [] }],
  ])("with %s are a broken answer", async (_what, data) => {
    const { double, source } = await opened();
    double.node.instead = ({ path }) => (path.includes("/metadata/") ? answered(data) : null);
    expect(await reasonOf(source.versions("shop/db", null))).toBe("broken-answer");
  });
});

describe("a secret of KV version 1", () => {
  it("has fields and no versions", async () => {
    const { double, source, asked } = await opened({ version: 1 });
    await double.put("shop/db", { password: "one" });
    const fetched = await source.fetch("shop/db", null);
    expect([fetched.versionId, fieldsOf(fetched)]).toEqual([null, { password: "one" }]);
    expect(await source.versions("shop/db", null)).toEqual([]);
    expect(asked("/v1/secret/shop/db")).toBe(1);
    expect(await reasonOf(source.fetch("shop/db", "1"))).toBe("not-found");
  });

  it("has the version that one of its fields names", async () => {
    const { double, source } = await opened({ version: 1, versionField: "turn" });
    await double.put("shop/db", { password: "one", turn: "a" });
    expect(await source.versions("shop/db", null)).toEqual([{ id: "a", sealAs: "a", createdAt: null, state: "there" }]);
    expect(await source.versions("shop/db", "a")).toEqual([]);
    await double.put("shop/db", { password: "two", turn: "b" });
    expect((await source.versions("shop/db", "a")).map(({ id }) => id)).toEqual(["b"]);
    expect((await source.fetch("shop/db", "b")).versionId).toBe("b");
    expect(await reasonOf(source.fetch("shop/db", "a"))).toBe("not-found");
  });

  it.each<Record<string, unknown>>([{}, { turn: "" }, { turn: "x".repeat(65) }, { turn: { at: 1 } }, { turn: true }])(
    "with %j has no version to go by",
    async (fields) => {
      const { double, source } = await opened({ version: 1, versionField: "turn" });
      double.askAsOwner("POST", "secret/shop/db", fields);
      expect(await reasonOf(source.versions("shop/db", null))).toBe("no-value");
      expect((await source.fetch("shop/db", null)).versionId).toBeNull();
    },
  );

  it("that was removed is not found", async () => {
    const { double, source } = await opened({ version: 1, versionField: "turn" });
    await double.put("shop/db", { turn: "a" });
    await double.remove("shop/db");
    expect(await reasonOf(source.versions("shop/db", "a"))).toBe("not-found");
    expect(await reasonOf(source.fetch("shop/db", null))).toBe("not-found");
  });
});

describe("the mount", () => {
  it("is asked for its version once, however many calls come", async () => {
    const { double, source, asked } = await opened();
    await double.put("shop/db", { password: "one" });
    await Promise.all(Array.from({ length: 20 }, () => source.fetch("shop/db", null)));
    await source.versions("shop/db", null);
    expect(asked("/sys/internal/ui/mounts/secret")).toBe(1);
    expect(asked("/auth/approle/login")).toBe(1);
  });

  it("may have slashes", async () => {
    const { double, source } = await opened({ mount: "teams/shop" });
    await double.put("db", { password: "one" });
    expect(fieldsOf(await source.fetch("db", null))).toEqual({ password: "one" });
  });

  it("that became one of version 2 where it stands is found out", async () => {
    const { double, source } = await opened({ version: 1 });
    await double.put("shop/db", { password: "one" });
    await source.fetch("shop/db", null);
    double.books.addMount("secret", "2");
    double.askAsOwner("POST", "secret/data/shop/db", { data: { password: "two" } });
    expect(await reasonOf(source.fetch("shop/db", null))).toBe("not-found");
    expect((await source.fetch("shop/db", null)).versionId).toBe("1");
  });

  it("that is not there, is a path in another, or holds no KV, is told in words", async () => {
    const { double, source } = await opened({}, { mount: "secrets" });
    const gone = await failureOf(source.check());
    expect([gone.reason, gone.publicMessage]).toEqual([
      "forbidden",
      "shop-vault has no mount secrets, or its policy lets Skep's login do nothing in it. Correct the mount, or extend the policy.",
    ]);
    double.books.tokens.policies.set("skep", { "secrets/*": ["read"] });
    double.books.addMount("secrets", "2").type = "transit";
    expect((await failureOf(source.check())).publicMessage).toMatch(/holds no KV secrets/);
    const within = await opened({}, { mount: "secret/shop" });
    expect((await failureOf(within.source.check())).publicMessage).toMatch(/is a path within a mount/);
  });
});

describe("a path", () => {
  it.each(["shop db/ä & b?c#d%2e%2e+=", "a.b/.c", "data/metadata"])("such as %j arrives as it is", async (path) => {
    const { double, source } = await opened();
    await double.put(path, { password: "one" });
    expect(fieldsOf(await source.fetch(path, null))).toEqual({ password: "one" });
    expect((await source.versions(path, null)).map(({ id }) => id)).toEqual(["1"]);
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

describe("a login", () => {
  it.each([
    ["approle", 1],
    ["jwt", 1],
    ["token", 0],
  ] as const)("by %s is made once for a batch of calls", async (login, times) => {
    const { double, source, asked } = await opened({ login });
    await double.put("shop/db", { password: "one" });
    await Promise.all(Array.from({ length: 30 }, () => source.fetch("shop/db", null)));
    expect(asked("/login")).toBe(times);
    expect(asked("/auth/token/lookup-self")).toBe(login === "token" ? 1 : 0);
  });

  it.each(["approle", "token"] as const)(
    "by %s is renewed when two thirds of its lease have passed, once",
    async (login) => {
      const { double, source, pass, asked } = await opened({
        login,
        terms: { leaseSeconds: 3600, longestSeconds: 1e6 },
      });
      await double.put("shop/db", { password: "one" });
      await source.fetch("shop/db", null);
      pass(2399);
      await source.fetch("shop/db", null);
      expect(asked("/renew-self")).toBe(0);
      pass(2);
      await Promise.all(Array.from({ length: 10 }, () => source.fetch("shop/db", null)));
      expect(asked("/renew-self")).toBe(1);
      pass(3000);
      await source.fetch("shop/db", null);
      expect(asked("/renew-self")).toBe(2);
      expect(asked("/login")).toBe(login === "token" ? 0 : 1);
    },
  );

  it("that cannot be renewed is used to its end and made again after it", async () => {
    const { double, source, pass, asked } = await opened({ terms: { leaseSeconds: 3600, isRenewable: false } });
    await double.put("shop/db", { password: "one" });
    await source.fetch("shop/db", null);
    pass(3599);
    await source.fetch("shop/db", null);
    expect([asked("/login"), asked("/renew-self")]).toEqual([1, 0]);
    pass(2);
    await Promise.all(Array.from({ length: 10 }, () => source.fetch("shop/db", null)));
    expect([asked("/login"), asked("/lookup-self")]).toEqual([2, 0]);
  });

  it("is not renewed again and again near the longest life that it may have", async () => {
    const { double, source, pass, asked } = await opened({ terms: { leaseSeconds: 3600, longestSeconds: 4000 } });
    await double.put("shop/db", { password: "one" });
    await source.fetch("shop/db", null);
    for (let times = 0; times < 30; times += 1) {
      pass(60);
      await source.fetch("shop/db", null);
    }
    expect(asked("/renew-self")).toBe(0);
    for (let times = 0; times < 109; times += 1) {
      pass(20);
      await source.fetch("shop/db", null);
    }
    expect([asked("/renew-self"), asked("/login")]).toEqual([2, 1]);
    pass(40);
    await source.fetch("shop/db", null);
    expect(asked("/login")).toBe(2);
  });

  it("whose renewal fails for now is used on", async () => {
    const { double, source, pass, asked } = await opened();
    await double.put("shop/db", { password: "one" });
    await source.fetch("shop/db", null);
    double.node.instead = ({ path }) => (path.endsWith("/renew-self") ? refused(500, "no active node") : null);
    pass(2500);
    for (let times = 0; times < 5; times += 1) await source.fetch("shop/db", null);
    expect(asked("/renew-self")).toBe(1);
    double.node.instead = null;
    pass(60);
    await source.fetch("shop/db", null);
    expect([asked("/renew-self"), asked("/login")]).toEqual([2, 1]);
  });

  it("that ended before its time is made once more, for all who come at once", async () => {
    const { double, source, asked } = await opened();
    await double.put("shop/db", { password: "one" });
    await source.fetch("shop/db", null);
    double.books.tokens.revokeAll();
    const all = await Promise.all(Array.from({ length: 10 }, () => source.fetch("shop/db", null)));
    expect(all.map(({ versionId }) => versionId)).toEqual(Array(10).fill("1"));
    expect(asked("/login")).toBe(2);
  });

  it("that is refused for good fails as such, with the name of the credential and without what is in it", async () => {
    const { double, source, asked } = await opened();
    double.credentials["vault-secret-id"] = "wrong-secret-id";
    const failure = await failureOf(source.fetch("shop/db", null));
    expect(failure.reason).toBe("sign-in");
    expect(failure.publicMessage).toBe(
      "shop-vault does not take the AppRole login at auth/approle. Look at the role ID and the secret ID in the credential vault-secret-id.",
    );
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toMatch(/wrong-secret-id|permission|invalid/);
    expect(asked("/login")).toBe(1);
  });

  it("by JWT that is refused names its role", async () => {
    const { double, source } = await opened({ login: "jwt" });
    double.credentials["vault-jwt"] = "e30.e30.wrong";
    expect((await failureOf(source.check())).publicMessage).toBe(
      "shop-vault does not take the JWT login at auth/jwt. Look at the role skep and the token in the credential vault-jwt.",
    );
  });

  it("is tried again with what the file holds by then", async () => {
    const { double, source } = await opened();
    await double.put("shop/db", { password: "one" });
    const right = double.credentials["vault-secret-id"] ?? "";
    double.credentials["vault-secret-id"] = "wrong";
    expect(await reasonOf(source.fetch("shop/db", null))).toBe("sign-in");
    double.credentials["vault-secret-id"] = right;
    expect((await source.fetch("shop/db", null)).versionId).toBe("1");
  });

  it("that wants a second factor is told in words", async () => {
    const { double, source } = await opened();
    double.node.instead = ({ path }) =>
      path.endsWith("/login") ? answered(null, { auth: { client_token: "", mfa_requirement: {} } }) : null;
    expect((await failureOf(source.check())).publicMessage).toMatch(/second factor/);
  });

  it("is given back when the source is closed", async () => {
    const { double, source } = await opened();
    await double.put("shop/db", { password: "one" });
    await source.fetch("shop/db", null);
    expect(double.books.tokens.living()).toHaveLength(2);
    await source.close();
    expect(double.books.tokens.living().map(({ id }) => id)).toEqual([double.rootToken]);
  });

  it("that is still being made is given back too", async () => {
    const { double, source, close } = await opened();
    const fetched = reasonOf(source.fetch("shop/db", null));
    await close();
    expect(await fetched).toBe("unreachable");
    expect(double.books.tokens.living().map(({ id }) => id)).toEqual([double.rootToken]);
  });

  it("that cannot be given back keeps no source from closing", async () => {
    const { double, source } = await opened();
    await source.check();
    double.fail?.("failing");
    await source.close();
    const untouched = await opened();
    await untouched.source.close();
    expect(untouched.double.node.answered).toEqual([]);
  });
});

describe("a token from a file", () => {
  it("is read again when it is refused, for an agent renews it in place", async () => {
    const { double, source } = await opened({ login: "token" });
    await double.put("shop/db", { password: "one" });
    await source.fetch("shop/db", null);
    double.books.tokens.revokeAll();
    double.credentials["vault-token"] = double.books.tokens.issue(["default", "skep"], { leaseSeconds: 3600 }).id;
    const all = await Promise.all(Array.from({ length: 5 }, () => source.fetch("shop/db", null)));
    expect(all.map(({ versionId }) => versionId)).toEqual(Array(5).fill("1"));
  });

  it("that stays refused is a login that is not taken", async () => {
    const { double, source, asked } = await opened({ login: "token" });
    await source.check();
    double.books.tokens.revokeAll();
    const failure = await failureOf(source.fetch("shop/db", null));
    expect([failure.reason, failure.publicMessage]).toEqual([
      "sign-in",
      "shop-vault does not take the token in the credential vault-token. Put a valid one into its file.",
    ]);
    expect(asked("/data/")).toBe(1);
  });

  it("belongs to whoever put it there: it is not given back", async () => {
    const { double, source } = await opened({ login: "token" });
    await source.check();
    await source.close();
    expect(double.books.tokens.find(double.credentials["vault-token"])).not.toBeNull();
  });

  it("may be one that may not look at itself", async () => {
    const { double, source } = await opened({ login: "token", rules: { "secret/data/shop/*": ["read"] } });
    double.credentials["vault-token"] = double.books.tokens.issue(["skep"], { leaseSeconds: 3600 }).id;
    await double.put("shop/db", { password: "one" });
    await double.put("infra/root", { password: "two" });
    expect((await source.fetch("shop/db", null)).versionId).toBe("1");
    expect(await reasonOf(source.fetch("infra/root", null))).toBe("forbidden");
    expect((await source.check()).login).toBe("Token, its end is not told; may look into secret (KV version 2)");
  });

  it("that is no token at all is not sent", async () => {
    const { double, source } = await opened({ login: "token" });
    double.credentials["vault-token"] = "hvs.one\nhvs.two";
    expect(await reasonOf(source.fetch("shop/db", null))).toBe("sign-in");
    expect(double.node.answered).toEqual([]);
  });

  it("is renewed in its last third where it was given out long before", async () => {
    const { double, source, pass, asked } = await opened({
      login: "token",
      terms: { leaseSeconds: 3600, longestSeconds: 1e6 },
    });
    await double.put("shop/db", { password: "one" });
    pass(3000);
    await source.fetch("shop/db", null);
    await source.fetch("shop/db", null);
    await source.fetch("shop/db", null);
    expect(asked("/renew-self")).toBe(1);
  });
});

describe("what a policy forbids", () => {
  const reads = { "secret/data/shop/*": ["read" as const] };

  it("is told with the right that is missing, and no login is made for it", async () => {
    const { double, source, asked } = await opened({ rules: reads });
    await double.put("shop/db", { password: "one" });
    expect((await source.fetch("shop/db", null)).versionId).toBe("1");
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

describe("trouble", () => {
  it.each([
    ["sealed", "sealed", 60],
    ["standby", "standby", 30],
    ["throttled", "throttled", 7],
    ["failing", "failing", 30],
    ["expired-login", "sign-in", 300],
    ["forbidden", "forbidden", 300],
    ["redirect", "broken-answer", 300],
    ["broken", "broken-answer", 300],
  ] as const)(
    "%s is told as %s, with %i seconds of rest, in words of Skep's own, and passes",
    async (fault, reason, pause) => {
      for (const login of ["approle", "token"] as const) {
        const { double, source } = await opened({ login });
        const id = await double.put("shop/db", { password: "one" });
        await source.fetch("shop/db", null);
        double.fail?.(fault);
        const works = [
          () => source.check(),
          () => source.browse(""),
          () => source.versions("shop/db", null),
          () => source.fetch("shop/db", null),
        ];
        for (const work of works) {
          const failure = await failureOf(work());
          expect([failure.reason, failure.pauseSeconds]).toEqual([reason, pause]);
          expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain(canary);
        }
        double.fail?.(null);
        expect((await source.fetch("shop/db", null)).versionId).toBe(id);
      }
    },
  );

  it("when nobody listens there is told as such", async () => {
    const { double, source } = await opened();
    await double.end();
    expect(await reasonOf(source.fetch("shop/db", null))).toBe("unreachable");
  });

  it.each([
    [412, "failing", 2],
    [472, "standby", 30],
    [474, "standby", 30],
    [501, "sealed", 60],
    [502, "failing", 30],
    [530, "failing", 30],
    [400, "broken-answer", 300],
    [405, "broken-answer", 300],
  ] as const)("with status %i is %s", async (status, reason, pause) => {
    const { double, source } = await opened();
    double.node.instead = ({ path }) => (path.startsWith("secret/") ? refused(status, "said") : null);
    for (const work of [source.fetch("shop/db", null), source.versions("shop/db", null), source.browse("")]) {
      const failure = await failureOf(work);
      expect([failure.reason, failure.pauseSeconds]).toEqual([reason, pause]);
    }
  });

  it("of a proxy that answers 503 or 404 without Vault is not taken for a seal, or for an empty folder", async () => {
    const { double, source } = await opened();
    await source.check();
    double.node.instead = () => ({ status: 503, body: Buffer.from("<html>"), headers: { "retry-after": "20" } });
    const failure = await failureOf(source.browse(""));
    expect(failure.reason).toBe("failing");
    double.node.instead = () => ({ status: 404, body: Buffer.from("<html>") });
    expect(await reasonOf(source.browse(""))).toBe("broken-answer");
  });

  it("of a certificate that nobody vouches for is told, and the one of its own authority is taken", async () => {
    const authority = testAuthority("Vault's own");
    const certificate = authority.issue("localhost");
    const trusted = await opened({ certificate }, { authority: authority.ca });
    await trusted.double.put("shop/db", { password: "one" });
    expect((await trusted.source.fetch("shop/db", null)).versionId).toBe("1");
    const distrusted = await opened({ certificate });
    expect(await reasonOf(distrusted.source.fetch("shop/db", null))).toBe("certificate");
  });
});

describe("a check", () => {
  it("says what answers, what the login is for how long, and that it may look into the mount", async () => {
    const { double, source, pass } = await opened();
    expect(await source.check()).toEqual({
      software: "Vault 1.20.1",
      login: "AppRole skep, 60 min left, policies default and skep; may look into secret (KV version 2)",
    });
    pass(780);
    expect((await source.check()).login).toMatch(/^AppRole skep, 47 min left,/);
    expect(double.node.answered.filter((request) => request.endsWith("/login"))).toHaveLength(1);
  });

  it("names the other logins", async () => {
    const jwt = await opened({ login: "jwt", terms: { leaseSeconds: 90 } });
    expect((await jwt.source.check()).login).toMatch(/^JWT skep, 90 s left, policies default and skep;/);
    const root = await opened({ login: "token" });
    root.double.credentials["vault-token"] = root.double.rootToken;
    expect((await root.source.check()).login).toMatch(/^Token, without an end, policy root;/);
  });

  it.each([
    [{ version: "2.4.1" }, "OpenBao 2.4.1"],
    [{ version: "2.0.0", enterprise: true }, "Vault 2.0.0"],
    [{ version: "1.18.4+ent", enterprise: true }, "Vault 1.18.4+ent"],
    [{ version: "1.12.0" }, "Vault 1.12.0"],
    [{ version: "<b>1</b>" }, "OpenBao"],
  ])("tells the software of %j", async (about, software) => {
    const { double, source } = await opened();
    double.node.about = about;
    expect((await source.check()).software).toBe(software);
  });

  it("takes a standby node that hands questions on, and says so", async () => {
    const { double, source } = await opened();
    const about = { initialized: true, sealed: false, standby: true, version: "1.20.1" };
    double.node.instead = ({ path }) => (path === "sys/health" ? { status: 429, body: about } : null);
    expect((await source.check()).software).toBe("Vault 1.20.1, a standby node");
    double.node.instead = ({ path }) => (path === "sys/health" ? { status: 473, body: about } : null);
    expect((await source.check()).software).toBe("Vault 1.20.1, a performance standby");
    double.node.instead = ({ path }) => (path === "sys/health" ? refused(429, "rate limit") : null);
    expect(await reasonOf(source.check())).toBe("throttled");
  });

  it("goes without the software where a proxy guards it", async () => {
    const { double, source } = await opened();
    double.node.instead = ({ path }) => (path === "sys/health" ? refused(404) : null);
    expect((await source.check()).software).toBe("Vault");
  });

  it("of one that was never initialised says so", async () => {
    const { double, source } = await opened();
    const body = { initialized: false, sealed: true, version: "1.20.1" };
    double.node.instead = () => ({ status: 503, body });
    expect((await failureOf(source.browse(""))).publicMessage).toMatch(/has not been initialised/);
    double.node.instead = () => ({ status: 501, body });
    expect((await failureOf(source.check())).publicMessage).toMatch(/has not been initialised/);
  });
});

it.each(["a\nb", "ä", ""])(
  "a namespace such as %j, which no header carries, is refused in the settings",
  async (namespace) => {
    const { double } = await opened();
    expect(sourceSettings.safeParse({ ...double.settings, namespace }).success).toBe(false);
  },
);

it("the settings of the double are settings", async () => {
  for (const login of ["approle", "jwt", "token"] as const) {
    const { double } = await opened({ login, namespace: "team/shop" });
    expect(sourceSettings.parse(double.settings)).toEqual(double.settings);
  }
});
