import type { Asker } from "./asker.ts";
import type { Life } from "./life.ts";
import { countCommits } from "./server.ts";

export async function commitsOf(asker: Asker): Promise<number> {
  const [row] = await asker.rows<{ count: number }>(countCommits);
  return row?.count ?? 0;
}

/** Postgres's own count of the transactions that wrote something, against the points that may each have made one. */
export async function uncountedCommits(asker: Asker, lives: readonly Life[], before: number): Promise<string[]> {
  const made = (await commitsOf(asker)) - before;
  const counted = lives.map(mostCommits).reduce((sum, each) => sum + each, 0);
  return made > counted ? [`a commit past the ports: ${made} made, ${counted} counted`] : [];
}

/** Each that was made; and each of which nobody knows, but for the one before which it died. */
export function mostCommits({ said, faults }: Pick<Life, "said" | "faults">): number {
  const points = said.filter(({ what }) => what.startsWith("store."));
  return points.filter(({ number }) => {
    if (faults.some(({ at, variant }) => at === number && variant === "dies before")) return false;
    return !said.some((each) => each.number === number && each.what === "nothing");
  }).length;
}
