import "server-only";
import { readFile, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { broughtCredentials, type Environment, env } from "#lib/env.ts";
import { AppError, isAppError } from "#lib/errors.ts";
import { credentialName } from "./schema.ts";

/**
 * The text of a credential: of the file that `SKEP_CREDENTIAL_<NAME>_FILE` names, or the sandbox brought along, or of that
 * name in the folder of credentials. Settings name credentials, and whoever edits them sends these where she likes: what belongs to Skep itself
 * is refused, wherever a name or a link leads.
 */
export async function readCredential(
  name: string,
  environment = env(),
  brought = broughtCredentials(),
): Promise<string> {
  const path = pathOf(credentialName.parse(name), environment, brought);
  const text = await textOf(name, path, environment);
  if (text === "") throw new AppError("invalid-input", `The credential ${name} is empty. Put it into ${path}.`);
  return text;
}

function pathOf(name: string, environment: Environment, brought: Record<string, string>): string {
  const files = { ...brought, ...environment.credentialFiles };
  const key = name.toLowerCase();
  return (Object.hasOwn(files, key) ? files[key] : undefined) ?? join(environment.credentialFolder, name);
}

/** Without the last line ending, which editors add. */
async function textOf(name: string, path: string, environment: Environment): Promise<string> {
  try {
    const real = await realpath(path);
    if (await isOwn(real, environment)) {
      const sentence = `The credential ${name} leads to a file of Skep's own, which no source gets. Mount one that is for this source alone at ${path}.`;
      throw new AppError("invalid-input", sentence);
    }
    return (await readFile(real, "utf8")).replace(/\r?\n$/, "");
  } catch (cause) {
    if (isAppError(cause)) throw cause;
    throw new AppError("invalid-input", `The credential ${name} cannot be read. Mount it at ${path}.`, { cause });
  }
}

/** What another setting names, what Skep shows to Docker, and everything in its data folder, such as the session secret. */
async function isOwn(real: string, { ownFiles, dockerCertPath, dataFolder }: Environment): Promise<boolean> {
  const folders = [dataFolder, dockerCertPath ?? join(homedir(), ".docker")];
  const isBelow = folders.map(async (folder) => isWithin(await realpath(folder), real));
  const isSame = ownFiles.map(async (file) => (await identityOf(file)) === (await identityOf(real)));
  // What is not there is nobody's.
  const answers = await Promise.all([...isBelow, ...isSame].map((answer) => answer.catch(() => false)));
  return answers.includes(true);
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith("../");
}

/** The same for every name of a file, links of both kinds among them. */
async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}:${ino}`;
}
