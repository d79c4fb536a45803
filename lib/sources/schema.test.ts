import { describe, expect, it } from "vitest";
import { hasList, isWebhookPath, sourceKinds, sourceSettings, takeInput, webhookPathOf } from "./schema.ts";

const vault = {
  kind: "vault",
  address: "https://vault.example:8200",
  login: { method: "token", credential: "vault_token" },
};
const aws = { kind: "aws", region: "eu-central-1", login: { method: "machine" } };
const http = { kind: "http", address: "https://config.example/v1" };

/** Where it is wrong; nothing where it is right. */
function wrongIn(settings: unknown): string[] {
  const { error } = sourceSettings.safeParse(settings);
  return (error?.issues ?? []).map(({ path }) => path.join("."));
}

describe("the settings of a source", () => {
  it("need little, and are careful where nothing is said", () => {
    for (const settings of [vault, aws, http]) {
      expect(sourceSettings.parse(settings)).toMatchObject({ allowsPrivateAddresses: false, authorityFile: null });
    }
    expect(sourceSettings.parse(http)).toMatchObject({ headers: [], versionFrom: { in: "header", name: "etag" } });
  });

  it("are told apart by whether the source has a list", () => {
    expect(Object.keys(hasList).sort()).toEqual([...sourceKinds].sort());
    expect(hasList.http).toBe(false);
  });

  it.each(["https://a", "http://a:8080/x/y/", "https://[2001:db8::1]:8200", "https://10.0.0.1"])(
    "take the address %s",
    (address) => {
      expect(wrongIn({ ...http, address })).toEqual([]);
    },
  );

  it.each([
    ...["", "a", "https://", "ftp://a", "file:///etc/passwd", "unix:///run/x", "javascript:alert(1)", "//a", "https:a"],
    ...[
      "https://ada@a",
      "https://ada:pw@a",
      "https://:pw@a",
      "https://a?x=1",
      "https://a/#x",
      "https://a b",
      "https://a:99999",
    ],
  ])("refuse the address %j in words", (address) => {
    for (const settings of [
      { ...vault, address },
      { ...http, address },
      { ...aws, endpoint: address },
    ]) {
      expect(wrongIn(settings)).toEqual([settings.kind === "aws" ? "endpoint" : "address"]);
    }
  });

  it.each(["../x", "/etc/passwd", ".x", "", "a/b", "x".repeat(65), "a\nb", "a b"])(
    "refuse %j as the name of a credential, wherever one is named",
    (credential) => {
      expect(wrongIn({ ...vault, authorityFile: credential })).toEqual(["authorityFile"]);
      expect(wrongIn({ ...vault, login: { method: "token", credential } })).toEqual(["login.credential"]);
      expect(wrongIn({ ...aws, login: { method: "keys", credential } })).toEqual(["login.credential"]);
      expect(wrongIn({ ...http, headers: [{ name: "X-A", credential, prefix: "" }] })).toEqual([
        "headers.0.credential",
      ]);
    },
  );

  it.each(["secret", "teams/shop", "kv-2", "a..b", "...", "téam"])("take the mount %j", (mount) => {
    expect(wrongIn({ ...vault, mount })).toEqual([]);
  });

  it.each([
    "",
    "/secret",
    "secret/",
    "a//b",
    "../sys",
    "a/../sys",
    "a/..",
    ".",
    "a\\..\\sys",
    "a b",
    "a?b",
    "a#b",
    "a%2fb",
  ])("refuse the mount %j", (mount) => {
    expect(wrongIn({ ...vault, mount })).toEqual(["mount"]);
  });

  it.each(["eu-central-1", "us-gov-west-1", "cn-northwest-1", "us-isob-east-1", "eusc-de-east-1", "eu-isoe-west-1"])(
    "take the region %s",
    (region) => {
      expect(wrongIn({ ...aws, region })).toEqual([]);
    },
  );

  it.each(["", "eu", "eu-central", "eu-central-1.evil.example", "EU-CENTRAL-1", "eu-central-1/"])(
    "refuse the region %j",
    (region) => {
      expect(wrongIn({ ...aws, region })).toEqual(["region"]);
    },
  );
});

describe("a header", () => {
  const wrong = (...headers: object[]) =>
    wrongIn({ ...http, headers: headers.map((header) => ({ credential: null, prefix: "x", ...header })) });

  it("takes its text from a file, or is readable and no secret", () => {
    expect(wrong({ name: "Authorization", credential: "token", prefix: "Bearer " }, { name: "X-Tenant" })).toEqual([]);
  });

  it.each(["Authorization", "x-api-key", "Cookie", "X-Vault-Token", "X-Password", "client-secret"])(
    "%s is not written into the settings",
    (name) => {
      expect(wrong({ name })).toEqual(["headers.0.credential"]);
    },
  );

  it.each([
    "Host",
    "content-length",
    "Transfer-Encoding",
    "Connection",
    "If-None-Match",
    "Accept-Encoding",
    "Range",
    "TE",
  ])("%s is Skep's own to write", (name) => {
    expect(wrong({ name })).toEqual(["headers.0.name"]);
  });

  it.each(["", "a b", "a:b", "a\r\nb", "é", "x".repeat(65)])("cannot be called %j", (name) => {
    expect(wrong({ name })).toEqual(["headers.0.name"]);
  });

  it("has no line ending in its text, and is named once", () => {
    expect(wrong({ name: "X-A", prefix: "a\r\nX-B: c" })).toEqual(["headers.0.prefix"]);
    expect(wrong({ name: "X-A" }, { name: "x-a" })).toEqual(["headers"]);
  });

  it.each(["e tag", "etag:", ""])("cannot say a version as %j", (name) => {
    expect(wrongIn({ ...http, versionFrom: { in: "header", name } })).toEqual(["versionFrom.name"]);
  });

  it.each(["", "version", "/a~", "/a~2"])(
    "is not needed where a pointer says the version, but %j is none",
    (pointer) => {
      expect(wrongIn({ ...http, versionFrom: { in: "body", pointer } })).toEqual(["versionFrom.pointer"]);
      expect(wrongIn({ ...http, versionFrom: { in: "body", pointer: "/meta/a~1b" } })).toEqual([]);
    },
  );
});

it("what becomes the value is all, one field, or a template of some length", () => {
  for (const take of [{ take: "whole" }, { take: "field", field: "/a" }, { take: "template", template: "{{a}}" }]) {
    expect(takeInput.parse(take)).toEqual(take);
  }
  for (const take of [
    { take: "field", field: "" },
    { take: "template", template: "x".repeat(4001) },
    { take: "hash" },
  ]) {
    expect(takeInput.safeParse(take).success).toBe(false);
  }
});

it("webhooks come to the path of their source, and nothing else does", () => {
  const path = webhookPathOf("3f0e7a52-6f0f-4f57-9a8f-2f0f3b0c7c11");
  expect(isWebhookPath(path)).toBe(true);
  for (const other of [
    `${path}/`,
    `${path}/keys`,
    `${path}%2fkeys`,
    "/api/sources/",
    "/api/sources",
    `/x${path}`,
    `${path}\n`,
  ]) {
    expect(isWebhookPath(other)).toBe(false);
  }
});
