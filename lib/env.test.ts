import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configuration, configurationFrom, configure, readEnvironment } from "./env.ts";

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

const goodSecret = "mX2q9LrT0vKcWb7ZpFy4Hs8NdGj1uEa6";

describe("the environment", () => {
  it("needs no setting at all", () => {
    const environment = readEnvironment({});
    expect(environment).toMatchObject({ databaseUrl: null, dockerHost: null, sessionSecret: null, logLevel: "info" });
    expect(environment.dataFolder).toMatch(/\/\.skep$/);
  });

  it("takes every setting from a file as well, without the last line ending", () => {
    const settings = {
      SKEP_DATA_DIR: "/var/lib/x",
      DATABASE_URL: "postgresql://a/b",
      DOCKER_HOST: "unix:///run/docker.sock",
      SKEP_SESSION_SECRET: goodSecret,
      SKEP_ALLOWED_HOSTS: "a.example, b.example",
      SKEP_LOG_LEVEL: "warn",
    };
    for (const [name, value] of Object.entries(settings)) {
      expect(readEnvironment({ [`${name}_FILE`]: fileWith(`${value}\n`) })).toEqual(readEnvironment({ [name]: value }));
    }
    expect(readEnvironment(settings).allowedHosts).toEqual(["a.example", "b.example"]);
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
    const docker = { host: "unix:///x.sock", certPath: null, isTlsVerified: false };
    configure(
      configurationFrom(readEnvironment({}), { databaseUrl: "postgresql://a/b", docker, sessionSecret: goodSecret }),
    );
    expect(configuration()).toMatchObject({ docker, transport: "plain", port: 3000 });
    expect(configuration()).toBe(configuration());
  });
});
