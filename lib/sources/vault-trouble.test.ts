import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { testAuthority } from "#lib/swarm/test-certificates.ts";
import { canary } from "./doubles/stage.ts";
import { refused } from "./doubles/vault-reply.ts";
import { failureOf, opened, reasonOf } from "./doubles/vault-scene.ts";
import { sourceSettings } from "./schema.ts";

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
    expect((await trusted.source.fetch("shop/db", null)).versionId).toMatch(/^1@/);
    const distrusted = await opened({ certificate });
    expect(await reasonOf(distrusted.source.fetch("shop/db", null))).toBe("certificate");
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
