import "server-only";

/** One thing to do, in the order of the list; without commands where there is nothing to do. */
export type ByHandStep = { title: string; notes: string[]; commands: string[] };

/** How an operation would be brought to one of its ends without Skep. */
export type ByHandWay = { way: "finish" | "undo"; sentence: string; steps: ByHandStep[] };

/** What is kept with each secret on whether its old value goes on working. */
export type KeptAnswers = ReadonlyMap<string, boolean | null>;

export function nothingToDo(title: string, notes: string[] = []): ByHandStep {
  return { title, notes, commands: [] };
}
