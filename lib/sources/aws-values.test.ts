import { describe, expect, it } from "vitest";
import { openAws } from "./aws.ts";
import { askedBy, failed, opened, staged, textOf } from "./doubles/aws-scene.ts";
import { openReach } from "./reach.ts";
import type { SettingsOf } from "./schema.ts";

describe("versions", () => {
  it("the version is the one that carries the label, told by one question that has no value in its answer", async () => {
    const stage = await staged();
    const source = opened(stage);
    const first = await stage.put("shop/db", { password: "one" });
    expect(await source.versions("shop/db", null)).toEqual([{ id: first, createdAt: null, state: "there" }]);
    expect(await source.versions("shop/db", first)).toEqual([]);

    const second = await stage.put("shop/db", { password: "two" });
    expect(await source.versions("shop/db", first)).toEqual([{ id: second, createdAt: null, state: "there" }]);
    expect(await askedBy(stage, () => source.versions("shop/db", first))).toEqual(["secretsmanager.DescribeSecret"]);
  });

  it("a path may name the label", async () => {
    const stage = await staged();
    const source = opened(stage);
    const first = await stage.put("shop/db", { password: "one" });
    await stage.put("shop/db", { password: "two" });
    const pending = stage.secrets.put("shop/db", { text: "three" }, "AWSPENDING");
    expect(await source.versions("shop/db#AWSPREVIOUS", null)).toMatchObject([{ id: first }]);
    expect(await source.versions("shop/db#AWSPENDING", null)).toMatchObject([{ id: pending }]);
    expect(await textOf(source, "shop/db#AWSPENDING", null)).toBe("three");
    expect(await textOf(source, "shop/db#AWSPREVIOUS", null)).toBe('{"password":"one"}');
  });

  it("a label that nothing carries is nothing new, and nothing to begin with", async () => {
    const stage = await staged();
    const source = opened(stage);
    const id = await stage.put("shop/db", { password: "one" });
    expect(await source.versions("shop/db#AWSPENDING", id)).toEqual([]);
    const failure = await failed(source.versions("shop/db#AWSPENDING", null));
    expect(failure).toMatchObject({ code: "source-not-found" });
    expect(failure.publicMessage).toContain("AWSPENDING");
  });

  it("a secret that is scheduled for deletion is told as deleted, even to whoever knows its version, and cannot be read", async () => {
    const stage = await staged();
    const source = opened(stage);
    const id = await stage.put("shop/db", { password: "one" });
    await stage.remove("shop/db");
    expect(await source.versions("shop/db", null)).toEqual([{ id, createdAt: null, state: "deleted" }]);
    expect(await source.versions("shop/db", id)).toEqual([{ id, createdAt: null, state: "deleted" }]);
    for (const versionId of [null, id]) {
      const failure = await failed(source.fetch("shop/db", versionId));
      expect(failure).toMatchObject({ code: "source-not-found" });
      expect(failure.publicMessage).toContain("deletion");
    }
  });
});

describe("values", () => {
  it("text comes as its bytes, and bytes as they are", async () => {
    const stage = await staged();
    const source = opened(stage);
    stage.secrets.put("text", { text: "grüße\r\n\0\n" });
    const binary = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    stage.secrets.put("binary", { binary });
    expect(await textOf(source, "text", null)).toBe("grüße\r\n\0\n");
    expect((await source.fetch("binary", null)).payload).toEqual({ has: "bytes", bytes: binary });
  });

  it("the largest secret that AWS holds arrives whole", async () => {
    const stage = await staged();
    const binary = Buffer.alloc(65_536, 7);
    stage.secrets.put("large", { binary });
    const { payload } = await opened(stage).fetch("large", null);
    expect(payload).toEqual({ has: "bytes", bytes: binary });
  });

  it("a version is read by its id after its label has moved on, and no other in its place", async () => {
    const stage = await staged();
    const source = opened(stage);
    const first = await stage.put("shop/db", { password: "one" });
    const second = await stage.put("shop/db", { password: "two" });
    expect(await source.fetch("shop/db", first)).toMatchObject({ versionId: first });
    expect(await textOf(source, "shop/db", first)).toBe('{"password":"one"}');
    expect(await textOf(source, "shop/db", second)).toBe('{"password":"two"}');

    stage.secrets.prune("shop/db", String(first));
    expect(await failed(source.fetch("shop/db", first))).toMatchObject({ code: "source-not-found" });
  });

  it("an id that cannot be one of AWS's is not asked for", async () => {
    const stage = await staged();
    await stage.put("shop/db", { password: "one" });
    const source = opened(stage);
    expect(await failed(source.fetch("shop/db", "7"))).toMatchObject({ code: "source-not-found" });
    expect(stage.requests()).toEqual([]);
  });

  it("a policy that allows values by their label alone is enough", async () => {
    const stage = await staged();
    const id = await stage.put("shop/db", { password: "one" });
    stage.secrets.onlyLabel = "AWSCURRENT";
    const source = opened(stage);
    expect(await textOf(source, "shop/db", null)).toBe('{"password":"one"}');
    expect(await textOf(source, "shop/db", id)).toBe('{"password":"one"}');
  });

  it("an answer of another version than the one asked for is not taken", async () => {
    const stage = await staged();
    const id = await stage.put("shop/db", { password: "one" });
    const other = "00000000-0000-0000-0000-000000000000";
    const body = JSON.stringify({ VersionId: other, VersionStages: ["AWSPREVIOUS"], SecretString: "older" });
    stage.answerWith({ status: 200, headers: { "content-type": "application/x-amz-json-1.1" }, body });
    const source = opened(stage);
    expect(await failed(source.fetch("shop/db", id))).toMatchObject({ code: "source-broken-answer" });
    expect(await failed(source.fetch("shop/db", null))).toMatchObject({ code: "source-broken-answer" });
  });

  it("one key of JSON is a field", () => {
    const { fieldOf } = openAws(
      { kind: "aws", region: "eu-central-1" } as SettingsOf<"aws">,
      { name: "AWS", credential: async () => "", now: () => new Date() },
      openReach({ allowsPrivateAddresses: false, authority: null }),
    );
    expect(fieldOf({ password: "one" }, "password")).toBe("one");
    expect(fieldOf({ password: "one" }, "user")).toBeUndefined();
  });
});

describe("paths", () => {
  it("an ARN leads to the secret, whole or without its ending, with a label too", async () => {
    const stage = await staged();
    const source = opened(stage);
    const first = await stage.put("shop/db", { password: "one" });
    const second = await stage.put("shop/db", { password: "two" });
    const arn = stage.secrets.arnOf("shop/db");
    expect(await source.versions(arn, null)).toMatchObject([{ id: second }]);
    expect(await source.versions(arn.slice(0, -7), null)).toMatchObject([{ id: second }]);
    expect(await source.versions(`${arn}#AWSPREVIOUS`, null)).toMatchObject([{ id: first }]);
  });

  const wrong = [
    "",
    "shop db",
    "shop/db#",
    "shop/db#AWS PENDING",
    "shop/db#AWSPENDING#x",
    "#AWSPENDING",
    "a".repeat(513),
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-a1b2c3",
    "arn:aws:ssm:eu-central-1:123456789012:parameter/shop",
    "shop/ö",
  ];
  it.each(wrong)("%j is refused beside its field, and not asked for", async (path) => {
    const stage = await staged();
    const source = opened(stage);
    expect(await failed(source.versions(path, null))).toMatchObject({ code: "invalid-input", field: "path" });
    expect(await failed(source.fetch(path, null))).toMatchObject({ code: "invalid-input", field: "path" });
    expect(stage.requests()).toEqual([]);
  });
});

describe("browsing", () => {
  it("shows what is directly below a folder, without what is to be deleted", async () => {
    const stage = await staged();
    for (const name of ["alone", "shop/db", "shop/mail", "shop/old", "shop/deep/er/key", "shopping", "/rooted"]) {
      await stage.put(name, { a: "b" });
    }
    await stage.remove("shop/old");
    const source = opened(stage);
    expect(await source.browse("")).toEqual({ names: ["/", "alone", "shop/", "shopping"], next: null });
    expect(await source.browse("shop/")).toEqual({ names: ["db", "deep/", "mail"], next: null });
    expect(await source.browse("shop")).toEqual({ names: ["db", "deep/", "mail"], next: null });
    expect(await source.browse("shop/deep/")).toEqual({ names: ["er/"], next: null });
    expect(await source.browse("nothing/")).toEqual({ names: [], next: null });
  });

  it("every name comes once, over as many pages as it takes, and no call asks more than five times", async () => {
    const stage = await staged();
    for (let at = 0; at < 700; at++) await stage.put(`big/${at}`, { a: "b" });
    for (let at = 0; at < 150; at++) await stage.put(`one${at}`, { a: "b" });
    const source = opened(stage);
    const names: string[] = [];
    let page: string | undefined;
    do {
      const before = stage.requests()?.length ?? 0;
      const listing = await source.browse("", page);
      expect((stage.requests()?.length ?? 0) - before).toBeLessThanOrEqual(5);
      names.push(...listing.names);
      page = listing.next ?? undefined;
    } while (page);
    expect(names).toHaveLength(151);
    expect(new Set(names).size).toBe(151);
    expect(names).toContain("big/");
  });

  it("a page that is none is refused", async () => {
    const stage = await staged();
    const source = opened(stage);
    for (const page of ["", "x", "big/:x", ":", "a:b c"]) {
      expect(await failed(source.browse("", page))).toMatchObject({ code: "invalid-input", field: "page" });
    }
    expect(await failed(source.browse("no such#folder"))).toMatchObject({ code: "invalid-input", field: "path" });
  });
});
