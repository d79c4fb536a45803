import "server-only";
import { type Database, database, type Transaction } from "#lib/db/client.ts";
import { readFacts } from "#lib/grants/facts.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { Take } from "#lib/sources/schema.ts";
import { planRows } from "./rows.ts";
import type { ImportInput, ShownItem } from "./schema.ts";

/** What an import would make, row by row, by fresh reads of the Swarm. The source is not asked: each item does that in its turn. */
export async function planImport(_permit: Permit<"secret.import">, input: ImportInput): Promise<ShownItem[]> {
  return (await planned(input)).rows;
}

export async function planned({ sourceId, items }: ImportInput): Promise<{ clusterId: string; rows: ShownItem[] }> {
  const names = items.map(({ name }) => name);
  const known = await database().$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "Secret" WHERE lower("name") = ANY(${names.map((name) => name.toLowerCase())}::text[])`;
  const facts = await readFacts({ id: { in: known.map(({ id }) => id) } });
  const { clusterId, objects, records } = facts;
  const paths = items.map(({ path }) => path);
  const [bindings, underWay] = await Promise.all([
    database().binding.findMany({
      where: { sourceId, path: { in: paths }, secret: { clusterId, removedAt: null } },
      select: { path: true, take: true, secret: { select: { name: true } } },
    }),
    namesUnderWay(database(), clusterId, names),
  ]);
  const bound = bindings.map(({ path, take, secret }) => ({ path, take: take as Take, secretName: secret.name }));
  return { clusterId, rows: planRows(items, { objects, records, bound, underWay }) };
}

/** Which of these names an unfinished import of this Swarm is going to take. */
export async function namesUnderWay(
  db: Database | Transaction,
  clusterId: string,
  names: readonly string[],
): Promise<string[]> {
  const rows = await db.$queryRaw<{ name: string }[]>`
    SELECT i."name" FROM "ImportItem" i JOIN "Import" m ON m."id" = i."importId"
    WHERE i."state" IN ('waiting', 'running') AND m."clusterId" = ${clusterId}
      AND lower(i."name") = ANY(${names.map((name) => name.toLowerCase())}::text[])`;
  return rows.map(({ name }) => name);
}
