import "server-only";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { env } from "#lib/env.ts";
import { AppError } from "#lib/errors.ts";

/**
 * The text of a credential: of the file that `SKEP_CREDENTIAL_<NAME>_FILE` names, or of that name in the folder of
 * credentials. Settings name credentials, and nobody who can only reach a page can have another file read.
 */
export async function readCredential(name: string, environment = env()): Promise<string> {
  const { credentialFiles, credentialFolder } = environment;
  const path = credentialFiles[name.toLowerCase()] ?? join(credentialFolder, name);
  try {
    const text = (await readFile(path, "utf8")).replace(/\r?\n$/, "");
    if (text) return text;
  } catch (cause) {
    throw new AppError(
      "invalid-input",
      `The credential ${name} cannot be read. Mount it at ${join(credentialFolder, name)}.`,
      { cause },
    );
  }
  throw new AppError("invalid-input", `The credential ${name} is empty. Put it into its file.`);
}
