import "server-only";
import { database } from "#lib/db/client.ts";
import { type Facts, readFacts } from "#lib/grants/facts.ts";
import { sameName } from "#lib/secrets/names.ts";

/** R2: with every secret that has had the same name, removed ones too: their numbers are not used again. */
export async function readFactsOfName(secretId: string): Promise<Facts> {
  const own = await database().secret.findUnique({ where: { id: secretId }, select: { name: true } });
  return readFacts(own ? sameName(own.name) : { id: secretId });
}
