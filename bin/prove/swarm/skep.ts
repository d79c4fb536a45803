import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Exit } from "./judge.ts";

/**
 * An instance is about to change the Swarm: its intent is committed, and nothing has been sent. Or it has the answer, and
 * has not yet written down the end.
 */
export type Ask = { call: "create" | "update" | "remove"; subject: string; moment: "before" | "after" };

export type Skep = {
  readonly owner: string;
  isRunning(): boolean;
  /** SIGKILL. */
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** As asked to: what is under way is handed back. */
  stop(): Promise<void>;
  start(): void;
  /** What all its lives have logged, and how they ended. */
  log(): string;
  exits(): readonly Exit[];
};

const instance = fileURLToPath(new URL("instance.ts", import.meta.url));
const living = new Set<ChildProcess>();

/** A place for one instance at a time, with its own way to Postgres and to the managers. */
export function openSkep(given: {
  owner: string;
  clusterId: string;
  databaseUrl: string;
  hosts: readonly string[];
  isPlanted: boolean;
  /** The instance goes on when this resolves. */
  onAsk(ask: Ask, owner: string): Promise<void>;
}): Skep {
  const { owner, clusterId, databaseUrl, hosts, isPlanted, onAsk } = given;
  const told = JSON.stringify({ clusterId, owner, isPlanted });
  const [first = "", ...others] = hosts;
  let child: ChildProcess | null = null;
  let log = "";
  const asked = new WeakSet<ChildProcess>();
  const exits: Exit[] = [];

  function start(): void {
    const own = spawn(process.execPath, ["--conditions=react-server", instance, told], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: {
        PATH: process.env.PATH,
        NODE_ENV: "production",
        DATABASE_URL: databaseUrl,
        DOCKER_HOST: first,
        SKEP_DOCKER_HOSTS: others.join(","),
      },
    });
    own.stderr?.on("data", (chunk: Buffer) => {
      log += chunk.toString();
    });
    own.on("message", ({ number, ...ask }: Ask & { number: number }) => {
      void onAsk(ask, owner).then(() => {
        if (own.connected) own.send({ go: number }, () => undefined);
      });
    });
    own.on("error", () => undefined);
    living.add(own);
    own.once("close", (code, signal) => {
      living.delete(own);
      exits.push({ owner, how: signal ?? `code ${code}`, isAsked: asked.has(own) });
    });
    child = own;
  }
  async function end(signal: NodeJS.Signals): Promise<void> {
    const own = child;
    if (!own || own.exitCode !== null || own.signalCode !== null) return;
    const ended = once(own, "close");
    asked.add(own);
    own.kill(signal);
    await ended;
  }
  return {
    owner,
    start,
    isRunning: () => child !== null && child.exitCode === null && child.signalCode === null,
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    log: () => log,
    exits: () => exits,
  };
}

/** Ends whatever still runs, frozen or not. */
export function endSkeps(): void {
  for (const child of living) child.kill("SIGKILL");
}
