import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findHolder, lockDataFolder } from "./lock.ts";
import { recordOf } from "./process.ts";
import { keptSessionSecret } from "./session-secret.ts";

let dataFolder: string;
beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), "skep-lock-"));
});
afterEach(() => rmSync(dataFolder, { recursive: true, force: true }));

describe("the lock of the data folder", () => {
  it("refuses a second one, names the first, and is free again afterwards", async () => {
    const lock = await lockDataFolder(dataFolder);
    expect(findHolder(dataFolder)?.pid).toBe(process.pid);
    await expect(lockDataFolder(dataFolder)).rejects.toThrow(`process ${process.pid}`);
    await lock.release();
    expect(findHolder(dataFolder)).toBeNull();
    await (await lockDataFolder(dataFolder)).release();
  });

  it("lets exactly one of many in", async () => {
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataFolder(dataFolder)));
    const won = tries.flatMap((attempt) => (attempt.status === "fulfilled" ? [attempt.value] : []));
    expect(won).toHaveLength(1);
    await won[0]?.release();
  });

  it("is taken over from a process that crashed, even when its pid has a new owner", async () => {
    const child = spawn("sleep", ["60"]);
    const record = recordOf(child.pid ?? 0);
    writeFileSync(join(dataFolder, "skep.process"), JSON.stringify(record));
    await expect(lockDataFolder(dataFolder)).rejects.toThrow(`process ${child.pid}`);
    writeFileSync(join(dataFolder, "skep.process"), JSON.stringify({ ...record, startedAt: "1" }));
    await (await lockDataFolder(dataFolder)).release();
    child.kill("SIGKILL");
    expect(existsSync(join(dataFolder, "skep.process"))).toBe(false);
  });
});

describe("the session secret", () => {
  it("is made once, for its owner's eyes only", () => {
    const secret = keptSessionSecret(dataFolder);
    expect(Buffer.byteLength(secret)).toBeGreaterThanOrEqual(32);
    expect(keptSessionSecret(dataFolder)).toBe(secret);
    expect(statSync(join(dataFolder, "session-secret")).mode & 0o777).toBe(0o600);
  });
});
