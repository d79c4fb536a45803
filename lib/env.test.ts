import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  broughtCredentials,
  configuration,
  configurationFrom,
  configure,
  readEnvironment,
  type SettingName,
  settingNames,
} from "./env.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "skep-env-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(text: string): string {
  const path = join(folder, "setting");
  writeFileSync(path, text);
  return path;
}

/** What cannot be given alone goes with the other half. */
function withoutPartner(name: SettingName): Record<string, undefined> {
  if (name === "DATABASE_URL") return { DATABASE_OWNER_URL: undefined };
  return name.startsWith("SKEP_ADMIN") ? { SKEP_ADMIN_EMAIL: undefined, SKEP_ADMIN_PASSWORD: undefined } : {};
}

const goodSecret = "mX2q9LrT0vKcWb7ZpFy4Hs8NdGj1uEa6";

describe("the environment", () => {
  it("needs no setting at all", () => {
    const environment = readEnvironment({});
    expect(environment).toMatchObject({ databaseUrl: null, dockerHost: null, sessionSecret: null, logLevel: "info" });
    expect(environment.dataFolder).toMatch(/\/\.skep$/);
  });

  const samples: Record<SettingName, string> = {
    SKEP_DATA_DIR: "/var/lib/x",
    DATABASE_URL: "postgresql://a/b",
    DATABASE_OWNER_URL: "postgresql://c/b",
    DOCKER_HOST: "tcp://m1:2376",
    DOCKER_CERT_PATH: "/etc/docker/client",
    DOCKER_TLS_VERIFY: "1",
    SKEP_DOCKER_HOSTS: "tcp://m2:2376, tcp://m3:2376",
    SKEP_ADMIN_EMAIL: "ada@example.org",
    SKEP_ADMIN_PASSWORD: "a password of some length",
    SKEP_SESSION_SECRET: goodSecret,
    SKEP_ALLOWED_HOSTS: "a.example, b.example",
    SKEP_TRUSTED_PROXIES: "10.0.0.0/8",
    SKEP_CREDENTIAL_DIR: "/etc/skep/credentials",
    SKEP_LOG_LEVEL: "warn",
  };

  it.each(settingNames)("takes %s from a file as well, without the last line ending", (name) => {
    const { [name]: value, ...others } = samples;
    const file = fileWith(`${value}\n`);
    const fromFile = readEnvironment({ ...others, [`${name}_FILE`]: file });
    expect(fromFile).toEqual({ ...readEnvironment(samples), ownFiles: [file] });
    expect(fromFile).not.toEqual(readEnvironment({ ...others, ...withoutPartner(name) }));
  });

  it("takes lists apart at their commas", () => {
    expect(readEnvironment(samples).allowedHosts).toEqual(["a.example", "b.example"]);
  });

  it("knows where credentials of sources are, by their names in small letters", () => {
    const { credentialFolder, credentialFiles } = readEnvironment({
      SKEP_CREDENTIAL_VAULT_TOKEN_FILE: "/etc/skep/vault",
      SKEP_CREDENTIAL_2_FILE: "/etc/skep/two",
      SKEP_CREDENTIAL_EMPTY_FILE: "",
      SKEP_CREDENTIAL_NO_FOLDER: "/etc/skep",
      SKEP_CREDENTIAL__FILE: "",
      skep_credential_small_file: "/etc/skep/small",
    });
    expect(credentialFolder).toBe("/run/secrets/skep-sources");
    expect(credentialFiles).toEqual({ vault_token: "/etc/skep/vault", 2: "/etc/skep/two" });
  });

  it("knows which files are not those of sources", () => {
    const { ownFiles } = readEnvironment({
      SKEP_SESSION_SECRET_FILE: fileWith(goodSecret),
      AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/token",
      PGPASSFILE: "/root/.pgpass",
      SKEP_CREDENTIAL_VAULT_TOKEN_FILE: "/etc/skep/vault",
      PROFILE: "",
      HOME: "/root",
    });
    expect(ownFiles).toEqual([join(folder, "setting"), "/var/run/token", "/root/.pgpass"]);
  });

  it("names every field that is wrong, and shows no value", () => {
    const read = () =>
      readEnvironment({
        DATABASE_URL: "mysql://canary-1",
        DOCKER_HOST: "canary-2",
        SKEP_LOG_LEVEL: "canary-3",
        SKEP_ADMIN_EMAIL: "canary-4",
        SKEP_SESSION_SECRET: "canary-5",
        SKEP_DATA_DIR_FILE: "/nowhere",
      });
    expect(read).toThrow(/DATA_DIR_FILE.*DATABASE_URL.*DOCKER_HOST.*ADMIN_EMAIL.*SESSION_SECRET.*LOG_LEVEL/s);
    expect(read).not.toThrow(/canary/);
  });

  it("refuses a setting that is given twice, and halves of a pair", () => {
    expect(() => readEnvironment({ DATABASE_URL: "postgresql://a/b", DATABASE_URL_FILE: "/x" })).toThrow(/keep one/);
    expect(() => readEnvironment({ SKEP_ADMIN_EMAIL: "a@example.org" })).toThrow(/go together/);
    expect(() => readEnvironment({ DATABASE_OWNER_URL: "postgresql://a/b" })).toThrow(/needs DATABASE_URL/);
  });

  it.each([
    "short",
    "a".repeat(64),
    "0123456789abcdef0123456789abcdef",
    "abcdefghijklmnopqrstuvwxyz012345",
    "this-is-my-super-secret-value-1234",
    "CHANGE-ME-mX2q9LrT0vKcWb7ZpFy4Hs8NdG",
    "correcthorse correcthorse correcthorse",
  ])("refuses the session secret %s", (secret) => {
    expect(() => readEnvironment({ SKEP_SESSION_SECRET: secret })).toThrow(/SKEP_SESSION_SECRET/);
  });

  it("takes a session secret that was made at random", () => {
    const hex = "9f3c1a7be0d24586b1c9e7f0a23d5e6848b7c1d2e3f4a5968778695a4b3c2d1e";
    for (const secret of [goodSecret, hex]) {
      expect(readEnvironment({ SKEP_SESSION_SECRET: secret }).sessionSecret).toBe(secret);
    }
  });
});

describe("the configuration", () => {
  it("is refused before the start, and then one and the same", () => {
    expect(() => configuration()).toThrow(/npm start/);
    expect(broughtCredentials()).toEqual({});
    const docker = { host: "unix:///x.sock", certPath: null, isTlsVerified: false };
    configure(
      configurationFrom(readEnvironment({}), {
        databaseUrl: "postgresql://a/b",
        docker,
        sessionSecret: goodSecret,
        credentialFiles: { a: "/b" },
      }),
    );
    expect(configuration()).toMatchObject({ docker, transport: "plain", port: 3000 });
    expect(configuration()).toBe(configuration());
    expect(broughtCredentials()).toEqual({ a: "/b" });
  });
});
