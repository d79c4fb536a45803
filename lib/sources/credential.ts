import "server-only";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Environment, env } from "#lib/env.ts";
import { AppError } from "#lib/errors.ts";
import { credentialName } from "./schema.ts";

/**
 * The text of a credential: of the file that `SKEP_CREDENTIAL_<NAME>_FILE` names, or of that name in the folder of
 * credentials. Settings name credentials, and nobody who can only reach a page can have another file read.
 */
export async function readCredential(name: string, environment = env()): Promise<string> {
  const path = pathOf(credentialName.parse(name), environment);
  const text = await textOf(path).catch((cause: unknown) => {
    throw new AppError("invalid-input", `The credential ${name} cannot be read. Mount it at ${path}.`, { cause });
  });
  if (text === "") throw new AppError("invalid-input", `The credential ${name} is empty. Put it into ${path}.`);
  return text;
}

function pathOf(name: string, { credentialFiles, credentialFolder }: Environment): string {
  const key = name.toLowerCase();
  return (Object.hasOwn(credentialFiles, key) ? credentialFiles[key] : undefined) ?? join(credentialFolder, name);
}

/** Without the last line ending, which editors add. */
async function textOf(path: string): Promise<string> {
  return (await readFile(path, "utf8")).replace(/\r?\n$/, "");
}
