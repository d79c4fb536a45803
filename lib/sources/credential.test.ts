import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readEnvironment } from "#lib/env.ts";
import { readCredential } from "./credential.ts";

let outside: string;
let folder: string;
beforeAll(() => {
  outside = mkdtempSync(join(tmpdir(), "skep-credentials-"));
  folder = join(outside, "credentials");
  mkdirSync(folder);
});
afterAll(() => rmSync(outside, { recursive: true }));

function write(file: string, text: string): string {
  const path = join(folder, file);
  writeFileSync(path, text);
  return path;
}

function read(
  name: string,
  settings: Record<string, string> = {},
  brought: Record<string, string> = {},
): Promise<string> {
  return readCredential(name, readEnvironment({ SKEP_CREDENTIAL_DIR: folder, ...settings }), brought);
}

describe("a credential", () => {
  it("is read from the folder, and anew each time", async () => {
    write("vault.token-1", "first\n");
    expect(await read("vault.token-1")).toBe("first");
    write("vault.token-1", "second");
    expect(await read("vault.token-1")).toBe("second");
  });

  it("is read from where a setting says before the folder, whatever the case of its name", async () => {
    write("vault_token", "of the folder");
    const elsewhere = write("elsewhere", "of the setting");
    const settings = { SKEP_CREDENTIAL_VAULT_TOKEN_FILE: elsewhere };
    expect(await read("vault_token", settings)).toBe("of the setting");
    expect(await read("Vault_Token", settings)).toBe("of the setting");
    expect(await read("vault_token")).toBe("of the folder");
  });

  it("is read from where the sandbox brought it, unless a setting says where it is", async () => {
    write("orders-rotator", "of the folder");
    const brought = write("brought", "of the sandbox");
    const name = "orders-rotator";
    expect(await read(name, {}, { [name]: brought })).toBe("of the sandbox");
    expect(await read(name)).toBe("of the folder");
    const elsewhere = { SKEP_CREDENTIAL_ORDERS_ROTATOR_FILE: write("elsewhere", "of the setting") };
    expect(await read("orders_rotator", elsewhere, { orders_rotator: brought })).toBe("of the setting");
  });

  it.each([
    ["one\n", "one"],
    ["one\r\n", "one"],
    ["one\n\n", "one\n"],
    ["\n one \n", "\n one "],
    ["one\r", "one\r"],
    ["a\nb\n", "a\nb"],
  ])("of a file with %j is %j: only the last line ending goes", async (text, credential) => {
    write("ending", text);
    expect(await read("ending")).toBe(credential);
  });

  it("that is empty or is not there is told by its name and file, and by no text", async () => {
    const path = write("empty", "\n");
    await expect(read("empty")).rejects.toThrow(`The credential empty is empty. Put it into ${path}.`);
    await expect(read("none")).rejects.toThrow(`Mount it at ${join(folder, "none")}.`);
    const elsewhere = { SKEP_CREDENTIAL_NONE_FILE: "/nowhere/none" };
    await expect(read("none", elsewhere)).rejects.toThrow("Mount it at /nowhere/none.");
  });

  it.each(["../outside", "../credentials/inside", "..", ".hidden", "a/b", "a b", "", "x".repeat(65)])(
    "cannot be called %j, and no such file is read",
    async (name) => {
      writeFileSync(join(outside, "outside"), "canary");
      mkdirSync(join(folder, "a"), { recursive: true });
      for (const file of ["inside", ".hidden", "a/b", "a b", "x".repeat(65)]) write(file, "canary");
      await expect(read(name)).rejects.toThrow(/Name a file in the folder of credentials/);
    },
  );

  it.each(["constructor", "__proto__", "toString"])(
    "may be called %s and is then a file like any other",
    async (name) => {
      await expect(read(name)).rejects.toThrow(`Mount it at ${join(folder, name)}.`);
      write(name, "own");
      expect(await read(name)).toBe("own");
    },
  );

  it("is none of Skep's own files, whichever setting names them and however a name leads there", async () => {
    const own = write("skep_session_secret", "mX2q9LrT0vKcWb7ZpFy4Hs8NdGj1uEa6");
    symlinkSync(own, join(folder, "linked"));
    linkSync(own, join(folder, "linked-hard"));
    const settings = { SKEP_SESSION_SECRET_FILE: own, SKEP_CREDENTIAL_NAMED_FILE: own };
    for (const name of ["skep_session_secret", "linked", "linked-hard", "named"]) {
      await expect(read(name, settings)).rejects.toThrow(/leads to a file of Skep's own/);
    }
    const machine = write("identity", "token");
    await expect(read("identity", { AWS_WEB_IDENTITY_TOKEN_FILE: machine })).rejects.toThrow(/Skep's own/);
    expect(await read("identity", settings)).toBe("token");
  });

  it("is not in the data folder, nor beside the certificates for Docker", async () => {
    const data = join(outside, "data");
    mkdirSync(join(data, "deep"), { recursive: true });
    writeFileSync(join(data, "deep/session-secret"), "canary");
    symlinkSync(data, join(outside, "other-way"));
    symlinkSync(join(data, "deep/session-secret"), join(folder, "into"));
    for (const setting of ["SKEP_DATA_DIR", "DOCKER_CERT_PATH"]) {
      for (const path of [data, join(outside, "other-way")]) {
        await expect(read("into", { [setting]: path })).rejects.toThrow(/leads to a file of Skep's own/);
      }
    }
    writeFileSync(join(outside, "data-beside"), "beside");
    symlinkSync(join(outside, "data-beside"), join(folder, "beside"));
    expect(await read("beside", { SKEP_DATA_DIR: data })).toBe("beside");
  });

  it("has the setting of the folder's own file, and no credential is called dir by it", async () => {
    const setting = write("setting", folder);
    const environment = readEnvironment({ SKEP_CREDENTIAL_DIR_FILE: setting });
    expect(environment).toMatchObject({ credentialFolder: folder, credentialFiles: {} });
  });
});
