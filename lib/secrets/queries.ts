import "server-only";
import { readRecords } from "#lib/grants/records.ts";
import { liveIndex } from "#lib/swarm/connect.ts";
import { sameName, takenBy } from "./names.ts";
import { secretName } from "./schema.ts";

/** What is wrong with a name, asked while a person types it. The plan asks again, and asks the Swarm itself. */
export async function nameProblem(name: string): Promise<string | null> {
  const parsed = secretName.safeParse(name);
  if (!parsed.success) return parsed.error.issues[0]?.message ?? null;
  const { cluster, secrets } = liveIndex().snapshot();
  const records = cluster ? await readRecords(cluster.id, sameName(name)) : [];
  return takenBy({ records, objects: [...secrets.values()] }, name);
}
