import "server-only";
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { connectDatabase } from "#lib/db/client.ts";
import { AppError } from "#lib/errors.ts";
import { counted } from "#lib/words.ts";
import { type ChainPlace, checkPlace, walkChain } from "./chain.ts";
import { missingProtection } from "./chain-state.ts";
import { readHead } from "./head.ts";
import { headKey } from "./head-key.ts";

export type VerifyOptions = {
  databaseUrl: string;
  /** For the key of the signed heads; null where it is not known here. */
  sessionSecret: string | null;
  write(line: string): void;
};

export const verifyUsage = "audit verify [--heads FILE] [--key KEY]";

/**
 * `skep audit verify`: walks the whole chain and names the first bad sequence. With `--heads`, a log that holds the
 * signed lines, it also tells whether the history is still the one that was then. Resolves to the exit code: 1 on a break.
 */
export async function verifyCommand(commandLine: string[], options: VerifyOptions): Promise<number> {
  const { heads: headsFile, key } = readOptions(commandLine);
  const { write } = options;
  const source = connectDatabase(options.databaseUrl, { connections: 1 });
  try {
    const report = await walkChain({ database: source, onProgress: (sequence) => write(`… ${format(sequence)}`) });
    if (report.fault) {
      write(`BROKEN at ${format(report.fault.sequence)}: ${report.fault.reason}.`);
      write(`Consistent before it: ${counted(report.reached.sequence, "event")}.`);
      return 1;
    }
    const upTo = report.reached.sequence;
    const missing = await missingProtection(source);
    if (missing) write(`The history lacks ${missing}.`);
    if (headsFile === undefined) {
      write(upTo === 0 ? "The history is empty." : `Consistent up to ${format(upTo)}. Head ${report.reached.hash}`);
      return 0;
    }
    const publicKey = key ?? (options.sessionSecret === null ? null : headKey(options.sessionSecret).publicKey);
    const heads = await readHeads(headsFile, publicKey);
    for (const head of heads) {
      const fault = await checkPlace(source, head);
      if (!fault) continue;
      write(`BROKEN at ${format(fault.sequence)}: ${fault.reason}, as a signed head says.`);
      return 1;
    }
    const last = Math.max(...heads.map(({ sequence }) => sequence));
    write(
      `Unaltered up to ${format(last)}, by ${counted(heads.length, "signed head")}; consistent up to ${format(upTo)}.`,
    );
    return 0;
  } finally {
    await source.$disconnect();
  }
}

function readOptions(commandLine: string[]): { heads: string | undefined; key: string | undefined } {
  try {
    const { values } = parseArgs({
      args: commandLine,
      options: { heads: { type: "string" }, key: { type: "string" } },
      strict: true,
    });
    return { heads: values.heads, key: values.key };
  } catch (cause) {
    throw new AppError("invalid-input", `These options are not known. The command is: ${verifyUsage}`, { cause });
  }
}

/** Every head in the file. One that was not signed with the key makes the whole file useless as proof. */
async function readHeads(file: string, publicKey: string | null): Promise<ChainPlace[]> {
  if (publicKey === null) {
    throw new AppError("invalid-input", "The key of the heads is not known here. Give it with --key.");
  }
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new AppError("invalid-input", `${file} cannot be read. Give the file with the signed heads.`, { cause });
  });
  const heads = text.split("\n").flatMap((line): ChainPlace[] => {
    const head = readHead(line, publicKey);
    if (head === "forged") {
      throw new AppError("invalid-input", `A head in ${file} was not signed with this key. Find out who wrote it.`);
    }
    return head === null ? [] : [{ sequence: head.sequence, hash: head.head }];
  });
  if (heads.length === 0) throw new AppError("invalid-input", `${file} holds no signed head. Give another file.`);
  return heads;
}

function format(number: number): string {
  return number.toLocaleString("en-GB");
}
