import { describe, expect, it } from "vitest";
import { type SourceSettings, sourceSettings, type Take } from "./schema.ts";
import { refuseVersionAsValue } from "./version-as-value.ts";

const login = { method: "token", credential: "vault_token" };
const vault = (versionField: string | null) =>
  sourceSettings.parse({ kind: "vault", address: "https://vault.example", login, versionField });
const http = (versionFrom: object | null) =>
  sourceSettings.parse({ kind: "http", address: "https://config.example", versionFrom });
const aws = sourceSettings.parse({ kind: "aws", region: "eu-central-1", login: { method: "machine" } });

const field = (name: string): Take => ({ take: "field", field: name });
const template = (text: string): Take => ({ take: "template", template: text });

describe("what says the version", () => {
  it.each<[SourceSettings, Take]>([
    [vault("revision"), field("revision")],
    [vault("revision"), template("{{user}}:{{ revision | url }}")],
    [http({ in: "body", pointer: "/password" }), field("/password")],
    [http({ in: "body", pointer: "/password" }), field("password")],
    [http({ in: "body", pointer: "/a~1b" }), template("{{a/b}}")],
    [http({ in: "body", pointer: "/meta/version" }), field("/meta")],
    [http({ in: "body", pointer: "/meta/version" }), template("{{user}}{{meta | json}}")],
    [http({ in: "body", pointer: "/meta" }), field("/meta/password")],
    [http({ in: "body", pointer: "/meta/version" }), { take: "whole" }],
    [vault("revision"), { take: "whole" }],
  ])("%o is never taken as the value: %o", (settings, take) => {
    expect(() => refuseVersionAsValue(settings, take)).toThrow(
      expect.objectContaining({ code: "invalid-input", field: "take" }),
    );
  });

  it.each<[SourceSettings, Take]>([
    [vault("revision"), field("password")],
    [vault(null), { take: "whole" }],
    [vault("revision"), field("/revision")],
    [vault(null), field("revision")],
    [http({ in: "body", pointer: "/meta/version" }), template("{{/password}}{{version}}")],
    [http({ in: "body", pointer: "/meta/version" }), field("/meta/versions")],
    [http({ in: "header", name: "etag" }), field("etag")],
    [http({ in: "header", name: "etag" }), { take: "whole" }],
    [http(null), field("/version")],
    [aws, field("version")],
  ])("%o leaves %o alone", (settings, take) => {
    expect(() => refuseVersionAsValue(settings, take)).not.toThrow();
  });
});
