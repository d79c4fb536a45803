import { type ChildProcess, spawn } from "node:child_process";

/** How a part is asked to end: the whole of it, or only what it began with, where that ends the others in their turn. */
export type Ending = { signal: NodeJS.Signals; toWhom: "group" | "first"; seconds: number };

const byTerm: Ending = { signal: "SIGTERM", toWhom: "group", seconds: 20 };
const running = new Map<ChildProcess, Ending>();
let isStopping = false;

/** Runs one part in a process group of its own, its lines headed with its name. Resolves to the exit code: 130 where parts are being stopped and none is begun. */
export function runPart(
  name: string,
  args: string[],
  env: Record<string, string> = {},
  ending: Ending = byTerm,
): Promise<number> {
  if (isStopping) return Promise.resolve(130);
  const started = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env, FORCE_COLOR: "0", NEXT_TELEMETRY_DISABLED: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  running.set(child, ending);
  for (const stream of [child.stdout, child.stderr]) headLines(stream, name);
  return new Promise((resolve) => {
    child.once("close", (code) => {
      running.delete(child);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      process.stdout.write(`${name}: ${code === 0 ? "done" : `ended with ${code}`} after ${seconds} s\n`);
      resolve(code ?? 1);
    });
  });
}

/** Asks every part to end and waits; whoever is still there after its time is killed with its group. */
export async function stopParts(): Promise<void> {
  isStopping = true;
  await Promise.all([...running].map(([child, ending]) => stop(child, ending)));
}

function stop(child: ChildProcess, { signal: asked, toWhom, seconds }: Ending): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => signal(child, "SIGKILL", "group"), seconds * 1000);
    child.once("close", () => {
      clearTimeout(cutOff);
      resolve();
    });
    signal(child, asked, toWhom);
  });
}

function signal({ pid }: ChildProcess, name: NodeJS.Signals, toWhom: Ending["toWhom"]): void {
  try {
    if (pid) process.kill(toWhom === "group" ? -pid : pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function headLines(stream: NodeJS.ReadableStream, name: string): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) process.stdout.write(`${name} | ${line}\n`);
  });
  stream.on("end", () => {
    if (rest) process.stdout.write(`${name} | ${rest}\n`);
  });
}
