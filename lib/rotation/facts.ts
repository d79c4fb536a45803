import "server-only";
import { database } from "#lib/db/client.ts";
import { type Facts, readFacts } from "#lib/grants/facts.ts";
import { sameName } from "#lib/secrets/names.ts";

/** R2: with every secret that has had one of the same names, removed ones too: their numbers are not used again. */
export async function readFactsOfNames(secretIds: readonly string[]): Promise<Facts> {
  const ids = { in: [...secretIds] };
  const own = await database().secret.findMany({ where: { id: ids }, select: { name: true } });
  return readFacts({ OR: [{ id: ids }, ...own.map(({ name }) => sameName(name))] });
}
