import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Plan } from "#lib/operations/schema.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { OperationKind } from "#lib/policy/schema.ts";
import type { RotatorSettings } from "#lib/rotators/schema.ts";
import type { SourceSettings } from "#lib/sources/schema.ts";

export const variants = ["dies before", "dies after", "answer lost"] as const;
export type Fault = { at: number; variant: (typeof variants)[number] };
/** What the first life of a scene starts with, as a request does. */
export type Beginning = { permit: Permit<`secret.${OperationKind}`>; plan: Plan; typed: Record<string, string> };

/** The one source that there is. */
export type GivenSource = { name: string; settings: SourceSettings };

export type Given = {
  databaseUrl: string;
  host: string;
  /** Those that it meets, each at its point. */
  faults: Fault[];
  /** Before which of its points Postgres goes away: the first after its fault, or after it has taken work up. */
  outage: "after the fault" | "once at work" | null;
  beginning: Beginning | null;
  isPlanted: boolean;
  source?: GivenSource;
  /** The one rotator that there is, and the file with the password of its own login. */
  rotator?: { name: string; settings: RotatorSettings; credentialPath: string };
};

/** What an instance asks of whoever stands around it; it goes on when that is done. */
export type Ask = { ask: "lose the answer"; port: "store" | "swarm"; isWrite: boolean } | { ask: "stop Postgres" };

/** A line that an instance said: when, the number of the point ("-" for none), and what, with what that is about. */
export type Said = { at: number; number: number | null; what: string; about: string };

export type Life = {
  readonly startedAt: number;
  readonly faults: readonly Fault[];
  readonly outage: Given["outage"];
  readonly said: readonly Said[];
  /** What it printed as its log. */
  log(): string;
  /** Null while it lives. As planned is only the end that its fault brought; in words is any other. */
  end(): { isPlanned: boolean; words: string } | null;
  kill(): Promise<void>;
};

const instance = fileURLToPath(new URL("instance.ts", import.meta.url));

/** Instances of the executor, each in a process of its own. None outlives this one, and none begins when all have ended. */
export class Lives {
  readonly #living = new Set<ChildProcess>();
  #areOver = false;

  start(given: Given, help: (ask: Ask) => Promise<void>): Life {
    this.requireTime();
    const child = spawn(process.execPath, ["--conditions=react-server", instance, JSON.stringify(given)], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...process.env, NODE_ENV: "production" },
      // In a group of its own: a Ctrl-C at the terminal is for the proof, and no fault of the engine's.
      detached: true,
    });
    child.on("message", ({ number, ...ask }: Ask & { number: number }) => {
      void help(ask).then(
        () => child.connected && child.send({ go: number }, () => undefined),
        () => child.kill("SIGKILL"),
      );
    });
    this.#living.add(child);
    child.once("close", () => this.#living.delete(child));
    return lifeOf(child, given);
  }

  /** Throws once all have been ended: then nothing begins, and what is seen of them says nothing of the engine. */
  requireTime(): void {
    if (this.#areOver) throw new Error("The proof was broken off.");
  }

  /** Ends whatever still runs. */
  end(): void {
    this.#areOver = true;
    for (const child of this.#living) child.kill("SIGKILL");
  }
}

function lifeOf(child: ChildProcess, { faults, outage }: Given): Life {
  const said: Said[] = [];
  let log = "";
  let end: ReturnType<Life["end"]> = null;
  child.stderr?.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  if (child.stdout) createInterface(child.stdout).on("line", (line) => said.push(readLine(line)));
  const ended = once(child, "close").then(([code, signal]) => {
    const isPlanned = signal === "SIGKILL" && said.some(({ what }) => what === "dies");
    end = { isPlanned, words: `a process ended by ${signal ?? `itself, with ${code}`}: ${log.slice(-500)}` };
  });
  return {
    startedAt: Date.now(),
    faults,
    outage,
    said,
    log: () => log,
    end: () => end,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function readLine(line: string): Said {
  const [at = "", number = "", what = "", ...about] = line.split(" ");
  return { at: Number(at), number: number === "-" ? null : Number(number), what, about: about.join(" ") };
}
