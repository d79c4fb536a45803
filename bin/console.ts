import { createInterface } from "node:readline/promises";
import { isAppError } from "#lib/errors.ts";

export function report(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One sentence for what Skep foresaw. Of anything else only the kind and the place: foreign messages may echo values. */
export function reportFailure(error: unknown): void {
  process.stderr.write(`${isAppError(error) ? error.publicMessage : describeCrash(error)}\n`);
}

/** Asks at the terminal; null where there is none. */
export const askAtTerminal = process.stdin.isTTY && process.stdout.isTTY ? ask : null;

async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const interrupted = new AbortController();
  // The terminal is in raw mode while it asks, so Ctrl-C comes as a key: it means no, and the end.
  terminal.once("SIGINT", () => {
    interrupted.abort();
    process.kill(process.pid, "SIGINT");
  });
  try {
    const answer = await terminal.question(`${question} [Y/n] `, { signal: interrupted.signal });
    return /^(y|yes|)$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    terminal.close();
  }
}

function describeCrash(error: unknown): string {
  if (!(error instanceof Error)) return "Something failed for a reason that is no error.";
  const code = "code" in error ? ` ${String(error.code)}` : "";
  const places = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [`Unexpected ${error.name}${code}`, ...places].join("\n");
}
