import { createInterface } from "node:readline/promises";
import { isAppError } from "../lib/errors.ts";

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
  try {
    return /^(y|yes|)$/i.test((await terminal.question(`${question} [Y/n] `)).trim());
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
