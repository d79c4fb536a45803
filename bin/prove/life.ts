import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Plan } from "#lib/operations/schema.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { OperationKind } from "#lib/policy/schema.ts";

export const variants = ["dies before", "dies after", "answer lost"] as const;
export type Fault = { at: number; variant: (typeof variants)[number] };
/** What the first life of a scene starts with, as a request does. */
export type Beginning = { permit: Permit<`secret.${OperationKind}`>; plan: Plan; typed: Record<string, string> };

export type LoseAnswer = (port: "store" | "swarm", isWrite: boolean) => void;

/** A line that an instance said: when, the number of the point ("-" for none), and what. */
export type Said = { at: number; number: number | null; what: string };

export type Life = {
  readonly startedAt: number;
  readonly said: readonly Said[];
  /** What it printed as its log. */
  log(): string;
  /** Whether it met its end by SIGKILL at its own hand, or still lives. */
  hasDied(): boolean;
  died: Promise<void>;
  kill(): Promise<void>;
};

const instance = fileURLToPath(new URL("instance.ts", import.meta.url));

/** Starts an instance of the executor in a process of its own. It never outlives this one. */
export function startLife(
  given: { databaseUrl: string; host: string; fault: Fault | null; beginning: Beginning | null; isPlanted: boolean },
  loseAnswer: LoseAnswer,
): Life {
  const said: Said[] = [];
  let log = "";
  const startedAt = Date.now();
  const child = spawn(process.execPath, ["--conditions=react-server", instance, JSON.stringify(given)], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  if (child.stdout) createInterface(child.stdout).on("line", (line) => said.push(readLine(line)));
  child.on("message", ({ lose, isWrite }: { lose: "store" | "swarm"; isWrite: boolean }) => {
    loseAnswer(lose, isWrite);
    child.send("armed");
  });
  const ended = once(child, "close").then(() => undefined);
  keepFromOutliving(child, ended);
  return {
    startedAt,
    said,
    log: () => log,
    hasDied: () => child.signalCode === "SIGKILL" || child.exitCode !== null,
    died: ended,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function readLine(line: string): Said {
  const [at = "", number = "", ...rest] = line.split(" ");
  return { at: Number(at), number: number === "-" ? null : Number(number), what: rest.join(" ") };
}

const living = new Set<ChildProcess>();

function keepFromOutliving(child: ChildProcess, ended: Promise<void>): void {
  living.add(child);
  void ended.then(() => living.delete(child));
}

/** Ends whatever still runs. */
export function endLives(): void {
  for (const child of living) child.kill("SIGKILL");
}
