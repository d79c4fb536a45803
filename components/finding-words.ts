import { agreeing, counted } from "#lib/words.ts";

type Counts = { needAttention: number; notes: number };

/** "9 things need you": the first line of whatever lists them. */
export function needText(count: number, isLost: boolean): string {
  const things = count === 0 ? "Nothing" : counted(count, "thing");
  if (isLost) return `${things} needed you when the Swarm was last seen`;
  return `${things} ${agreeing(count || 1, "needs", "need")} you`;
}

/** What is only worth knowing is among them too, below. */
export function notesText({ notes, needAttention }: Counts): string {
  if (notes === 0) return "";
  const more = needAttention > 0 ? "more " : "";
  return `${notes.toLocaleString("en")} ${more}${agreeing(notes, "is", "are")} worth knowing. `;
}
