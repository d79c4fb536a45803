import { describe, expect, it } from "vitest";
import { answered } from "./doubles/vault-reply.ts";
import { failureOf, fieldsOf, opened, reasonOf } from "./doubles/vault-scene.ts";
import { textOf } from "./json.ts";
import { formerIdOf } from "./vault-version.ts";

describe("a secret of KV version 2", () => {
  it("is read as its present version, with the number of it", async () => {
    const { double, source } = await opened();
    await double.put("shop/db", { user: "shop", password: "first" });
    await double.put("shop/db", { user: "shop", password: "second" });
    const fetched = await source.fetch("shop/db", null);
    expect(fetched.versionId).toBe("2@2026-05-09T12:00:00.000Z");
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
    expect((await source.fetch("shop/db", null)).versionId).toBe("1@2026-05-09T12:00:00.000Z");
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
    const third = { id: "3@2026-05-09T12:02:00.000Z", createdAt: "2026-05-09T12:02:00.000Z", state: "there" };
    expect(await source.versions("shop/db", null)).toEqual([third]);
    const later = ["2@2026-05-09T12:01:00.000Z", third.id];
    expect((await source.versions("shop/db", "1@2026-05-09T12:00:00.000Z")).map(({ id }) => id)).toEqual(later);
    expect(await source.versions("shop/db", third.id)).toEqual([]);
  });

  it("that were kept by their number alone are told with their time, and are no others", async () => {
    const { double, source } = await opened();
    for (const password of ["one", "two"]) await double.put("shop/db", { password });
    const [id] = await source.versions("shop/db", null).then((all) => all.map((each) => each.id));
    expect((await source.versions("shop/db", "2")).map((each) => each.id)).toEqual([id]);
    expect((await source.versions("shop/db", "1")).map((each) => each.id)).toEqual([id]);
    expect(formerIdOf(id ?? "")).toBe("2");
    double.node.instead = ({ path }) =>
      path.includes("/metadata/") ? answered({ current_version: 2, versions: { "2": {} } }) : null;
    expect(await source.versions("shop/db", id ?? null)).toEqual([]);
    expect(await source.versions("shop/db", "2")).toEqual([]);
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
    const later = (await source.versions("shop/db", "8")).map(({ id }) => formerIdOf(id));
    expect(later).toEqual(["9", "10", "11", "12"]);
  });

  it("show the deletion of the last one to whoever knows it, until there is a later one", async () => {
    const { double, source } = await opened();
    await double.put("shop/db", { password: "one" });
    await double.put("shop/db", { password: "two" });
    await double.remove("shop/db");
    const states = (versions: { id: string; state: string }[]) =>
      versions.map(({ id, state }) => `${formerIdOf(id)} ${state}`);
    expect(states(await source.versions("shop/db", "2"))).toEqual(["2 deleted"]);
    expect(states(await source.versions("shop/db", "2"))).toEqual(["2 deleted"]);
    expect(states(await source.versions("shop/db", "1"))).toEqual(["2 deleted"]);
    expect(states(await source.versions("shop/db", null))).toEqual(["2 deleted"]);
    double.askAsOwner("POST", "secret/undelete/shop/db", { versions: [2] });
    const [undeleted] = await source.versions("shop/db", null);
    expect(await source.versions("shop/db", undeleted?.id ?? null)).toEqual([]);
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
    expect((await source.versions("shop/db", "3")).map(({ id }) => formerIdOf(id))).toEqual(["1"]);
    expect((await source.versions("shop/db", "of another kind")).map(({ id }) => formerIdOf(id))).toEqual(["1"]);
  });

  it("of a secret that was made anew are others, however far it has come", async () => {
    const { double, source, pass } = await opened();
    for (const password of ["one", "two"]) await double.put("shop/db", { password });
    const [before] = await source.versions("shop/db", null);
    double.askAsOwner("DELETE", "secret/metadata/shop/db");
    pass(60);
    for (const password of ["other", "still other"]) await double.put("shop/db", { password });
    const told = await source.versions("shop/db", before?.id ?? null);
    expect(told.map(({ id }) => id)).toEqual(["2@2026-05-09T12:01:00.000Z"]);
    expect((await failureOf(source.fetch("shop/db", before?.id ?? null))).reason).toBe("not-found");
    expect(fieldsOf(await source.fetch("shop/db", told[0]?.id ?? null))).toEqual({ password: "still other" });
    await double.put("shop/db", { password: "a third" });
    const later = await source.versions("shop/db", before?.id ?? null);
    expect(later.map(({ id }) => id)).toEqual(["3@2026-05-09T12:01:00.000Z"]);
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
    expect(fieldsOf(await source.fetch("shop/db", null))).toEqual({ password: "two" });
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
