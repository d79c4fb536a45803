import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Given } from "./life.ts";

it("an instance ends when whoever started it is gone", async () => {
  const nowhere: Given = {
    databaseUrl: "postgresql://nobody:none@localhost/none?host=%2Fnowhere",
    host: "unix:///nowhere/docker.sock",
    faults: [],
    outage: null,
    beginning: null,
    isPlanted: false,
  };
  const instance = join(import.meta.dirname, "instance.ts");
  const child = spawn(process.execPath, ["--conditions=react-server", instance, JSON.stringify(nowhere)], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { ...process.env, SKEP_LOG_LEVEL: "warn" },
  });
  const ended = once(child, "exit");
  // It works, and says in its log that it finds no Postgres.
  if (child.stderr) await once(child.stderr, "data");
  expect(child.exitCode).toBeNull();
  child.disconnect();
  expect(await ended).toEqual([1, null]);
});
