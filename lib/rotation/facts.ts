import "server-only";
import { database } from "#lib/db/client.ts";
import { type Facts, readFacts } from "#lib/grants/facts.ts";
import { sameName } from "#lib/secrets/names.ts";

/** Of a secret with all that have the same password, where a rotator sets it. */
export async function readFactsTogether(secretId: string): Promise<Facts> {
  const attached = await database().attachment.findMany({
    where: { rotator: { attachments: { some: { secretId } } }, secret: { removedAt: null } },
    select: { secretId: true },
  });
  return readFactsOfNames([...new Set([secretId, ...attached.map((each) => each.secretId)])]);
}

/** R2: with every secret that has had one of the same names, removed ones too: their numbers are not used again. */
export async function readFactsOfNames(secretIds: readonly string[]): Promise<Facts> {
  const ids = { in: [...secretIds] };
  const own = await database().secret.findMany({ where: { id: ids }, select: { name: true } });
  return readFacts({ OR: [{ id: ids }, ...own.map(({ name }) => sameName(name))] });
}
