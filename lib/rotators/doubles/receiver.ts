import "server-only";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { TestCertificate } from "#lib/swarm/test-certificates.ts";

export type Receiver = {
  /** Where it takes calls; a call at `https:` is for `localhost`. */
  address: string;
  /** Starts the same receiver again, at a port that is another one: what it knew it has kept. */
  restart(): Promise<void>;
  /** What it keeps of its logins, as text; empty where nothing was set yet. */
  kept(): Promise<string>;
  /** Ends it, and takes away what it kept. Resolves to all that it has written of itself. */
  stop(): Promise<string>;
};

type Options = {
  /** What calls are signed with, each a line of its file. */
  keys: string[];
  logins?: string[];
  keepsOld?: boolean;
  tls?: TestCertificate;
};

const program = fileURLToPath(new URL("../../../docs/rotator-receiver.mjs", import.meta.url));

/** The receiver of the docs, as a process of its own. */
export async function startReceiver({ keys, logins = [], keepsOld = false, tls }: Options): Promise<Receiver> {
  const folder = await mkdtemp(join(tmpdir(), "skep-receiver-"));
  const place = (file: string) => join(folder, file);
  await writeFile(place("keys"), `${keys.join("\n")}\n`, { mode: 0o600 });
  const given = ["--keys", place("keys"), "--state", place("state"), ...logins.flatMap((login) => ["--login", login])];
  if (keepsOld) given.push("--keeps-old");
  if (tls) {
    await writeFile(place("certificate"), tls.cert);
    await writeFile(place("certificate-key"), tls.key, { mode: 0o600 });
    given.push("--host", "localhost", "--certificate", place("certificate"));
    given.push("--certificate-key", place("certificate-key"));
  }
  let life = await begin(given);
  const written: string[] = [];
  return {
    get address() {
      return life.address;
    },
    async restart() {
      written.push(await life.end());
      life = await begin(given);
    },
    kept: () => readFile(place("state"), "utf8").catch(() => ""),
    async stop() {
      written.push(await life.end());
      await rm(folder, { recursive: true });
      return written.join("");
    },
  };
}

type Life = { address: string; end(): Promise<string> };

/** Resolves when it takes calls. Where nobody ends it, it ends with this process. */
async function begin(given: string[]): Promise<Life> {
  const child = spawn(process.execPath, [program, ...given], { stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  const errors = text(child.stderr);
  const closed = once(child, "close");
  const lines = createInterface(child.stdout);
  const first = await Promise.race([once(lines, "line"), closed]);
  const address = String(first[0]);
  const said = [`${address}\n`];
  lines.on("line", (line) => said.push(`${line}\n`));
  if (!isRunning(child)) throw new Error(`the receiver did not start: ${await errors}`);
  return {
    address,
    async end() {
      kill();
      process.off("exit", kill);
      await closed;
      return said.join("") + (await errors);
    },
  };
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
