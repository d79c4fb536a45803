import { describe, expect, it } from "vitest";
import { finding } from "#lib/findings/input.ts";
import { sampleOperation } from "#lib/findings/sample.ts";
import type { Fate } from "#lib/findings/schema.ts";
import type { AttachmentView, BindingView } from "#lib/inventory/schema.ts";
import { whyNotAttached } from "../../app/(console)/secrets/[key]/rotator/offered.ts";
import { offeredRotation, whyNotBound } from "../../app/(console)/secrets/[key]/source/offered.ts";

const binding: BindingView = {
  sourceName: "vault",
  path: "shop/db",
  take: { take: "whole" },
  mode: "after-yes",
  boundBy: "ada",
  boundAt: "2026-03-01T10:00:00.000Z",
  newestId: "8",
  currentId: "7",
  isDeleted: false,
  agreement: "differs",
  lookedAt: null,
  failure: null,
  together: [],
  can: [],
};

describe("what the card of a source offers", () => {
  const offered = (fate: Fate, over: Partial<BindingView> = {}, may = true) =>
    offeredRotation(
      {
        id: "a",
        key: "a",
        can: may ? ["secret.rotate"] : [],
        findings: [finding({ rule: "source-newer", severity: "soon", parts: [], fate })],
      },
      { ...binding, ...over },
    );

  it("is the next step where the Swarm never had the version", () => {
    const next = { href: "/secrets/a/rotate?source=source", text: "Rotate to version 8", isPrimary: true };
    expect(offered("never-there")).toEqual(next);
  });

  it.each(["undone", "had-before", "removed"] as const)("is a plain button where it was %s", (fate) => {
    expect(offered(fate)?.isPrimary).toBe(false);
  });

  it("is nothing where the version has leaked, where both sides agree, and for whoever may not rotate", () => {
    expect(offered("leaked")).toBeNull();
    expect(offered("never-there", { agreement: "agrees" })).toBeNull();
    expect(offered("never-there", { isDeleted: true })).toBeNull();
    expect(offered("never-there", {}, false)).toBeNull();
  });

  it("is for all that change together", () => {
    const together = [{ secretId: "b", name: "user" }];
    expect(offered("never-there", { together })).toMatchObject({
      href: "/secrets/rotate?secret%5B%5D=a&secret%5B%5D=b",
      text: "Rotate all 2 to version 8",
    });
  });
});

const attachment: AttachmentView = {
  rotatorName: "shop-db",
  kind: "postgresql",
  mode: null,
  login: "app_a",
  template: "{{password}}",
  together: [],
  can: [],
};

describe("why a secret cannot be bound", () => {
  const why = (over: Partial<Parameters<typeof whyNotBound>[0]> = {}) =>
    whyNotBound({ name: "db", binding: null, attachment: null, operations: [], ...over });

  it("is told to whoever might: it is bound, attached, an operation is open, or something else", () => {
    expect(why({ attachment }).sentence).toBe("Its passwords are set at shop-db. Detach it first.");
    expect(why({ binding }).sentence).toBe("It takes its values from shop/db at vault. Unbind it first.");
    expect(why({ operations: [sampleOperation()] }).sentence).toMatch(/Wait for its end/);
    expect(why({ operations: [sampleOperation({ state: "ended" })] }).title).toBe("db cannot be bound now");
  });
});

describe("why a secret cannot be attached to a rotator", () => {
  const why = (over: Partial<Parameters<typeof whyNotAttached>[0]> = {}) =>
    whyNotAttached({ name: "db", binding: null, attachment: null, operations: [], ...over });

  it("is told to whoever might: it is attached, bound, an operation is open, or something else", () => {
    expect(why({ attachment }).sentence).toBe("Its passwords are set at shop-db. Detach it first.");
    expect(why({ binding }).sentence).toBe("It takes its values from shop/db at vault. Unbind it first.");
    expect(why({ operations: [sampleOperation()] }).sentence).toMatch(/Wait for its end/);
    expect(why({ operations: [sampleOperation({ state: "ended" })] }).title).toBe("db cannot be attached now");
  });
});
