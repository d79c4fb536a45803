import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { answered, refused } from "./doubles/vault-reply.ts";
import { failureOf, opened, reasonOf } from "./doubles/vault-scene.ts";

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
    expect(all.map(({ versionId }) => versionId?.slice(0, 2))).toEqual(Array(10).fill("1@"));
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
    expect((await source.fetch("shop/db", null)).versionId).toMatch(/^1@/);
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
    expect(all.map(({ versionId }) => versionId?.slice(0, 2))).toEqual(Array(5).fill("1@"));
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
    expect((await source.fetch("shop/db", null)).versionId).toMatch(/^1@/);
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
