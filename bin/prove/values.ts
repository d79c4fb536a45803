import type { RecordedRequest } from "#lib/swarm/recording-proxy.ts";
import type { Asker } from "./asker.ts";
import type { Life } from "./life.ts";

/** R1: a value, typed or made, is in the one call that made its object, and nowhere that Skep writes to. */
export async function leakedValues(given: {
  typed: readonly string[];
  requests: readonly RecordedRequest[];
  lives: readonly Life[];
  asker: Asker;
}): Promise<string[]> {
  const { typed, requests, lives, asker } = given;
  const found: string[] = [];
  const values = new Set([...typed, ...requests.flatMap(madeIn)]);
  const rows = values.size === 0 ? [] : await everyRow(asker);
  for (const value of values) {
    const forms = [value, Buffer.from(value).toString("base64"), Buffer.from(value).toString("hex")];
    const holds = (text: string) => forms.some((form) => text.includes(form));
    if (lives.some((life) => holds(life.log()))) found.push("R1: a value is in the log");
    const elsewhere = requests.filter(
      ({ path, body }) => holds(path) || (path !== "/secrets/create" && holds(body.toString())),
    );
    if (elsewhere.length > 0) found.push("R1: a value is in another call than its own");
    if (rows.some(holds)) found.push("R1: a value is in Postgres");
  }
  return found;
}

/** What is read at a source is what the Swarm is given; null where nothing is. */
export function otherValues(sourced: string | null, requests: readonly RecordedRequest[]): string[] {
  const isOther = sourced !== null && requests.flatMap(madeIn).some((value) => value !== sourced);
  return isOther ? ["R5: an object was made with another value than the source's"] : [];
}

function madeIn({ path, body }: RecordedRequest): string[] {
  const [, data] = path === "/secrets/create" ? (/"Data":"([^"]+)"/.exec(body.toString()) ?? []) : [];
  return data === undefined ? [] : [Buffer.from(data, "base64").toString()];
}

/** Of every table that there is. Bytes are in it as hexadecimal digits. */
async function everyRow(asker: Asker): Promise<string[]> {
  const tables = await asker.rows<{ name: string }>(
    `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  const all = tables.map(({ name }) => `SELECT t::text AS row FROM ${name} t`).join(" UNION ALL ");
  return (await asker.rows<{ row: string }>(all)).map(({ row }) => row);
}
