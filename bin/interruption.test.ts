import { spawn } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";

const script = `
  import { endOnSignal } from ${JSON.stringify(pathToFileURL(`${import.meta.dirname}/interruption.ts`).href)};
  setInterval(() => undefined, 1000);
  endOnSignal(async () => {
    process.stdout.write("ending\\n");
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.stdout.write("all of it is taken away\\n");
  });
  process.stdout.write("ready\\n");
`;

it("a second Ctrl-C, and any further signal, leaves the clean-up its time", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk;
    if (chunk.includes("ready")) child.kill("SIGINT");
    if (chunk.includes("ending")) for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) child.kill(signal);
  });
  expect(await ended).toEqual([130, null]);
  expect(said).toBe("ready\nending\nall of it is taken away\n");
});
