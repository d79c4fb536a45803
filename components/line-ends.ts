/** How the lines of a text end: `mixed` is everything that is neither LF nor CRLF throughout. */
export type LineEnds = "none" | "lf" | "crlf" | "mixed";

export function lineEndsOf(text: string): LineEnds {
  const pairs = text.match(/\r\n/g)?.length ?? 0;
  const newlines = (text.match(/\n/g)?.length ?? 0) - pairs;
  const returns = (text.match(/\r/g)?.length ?? 0) - pairs;
  if (returns > 0 || (pairs > 0 && newlines > 0)) return "mixed";
  if (pairs > 0) return "crlf";
  return newlines > 0 ? "lf" : "none";
}

/** A text area knows LF only: what it holds, with the ends that its text came with. */
export function withLineEnds(typed: string, ends: LineEnds): string {
  return ends === "crlf" ? typed.replace(/\r?\n/g, "\r\n") : typed;
}

/** What pasting does to a text that has some lines already: one kind of end for all of them, and whether that changed any. */
export function afterPaste(present: LineEnds, pasted: LineEnds): { ends: LineEnds; isChanged: boolean } {
  if (pasted === "none") return { ends: present, isChanged: false };
  if (present === "none") return { ends: pasted === "mixed" ? "lf" : pasted, isChanged: pasted === "mixed" };
  if (present === "mixed") return { ends: "lf", isChanged: true };
  return { ends: present, isChanged: present !== pasted };
}

/** How many bytes a line break at the very end takes: the last two bytes of a value say it. */
export function breakAtEnd(lastTwo: Uint8Array): 0 | 1 | 2 {
  const last = lastTwo.at(-1);
  if (last === 10) return lastTwo.at(-2) === 13 ? 2 : 1;
  return last === 13 ? 1 : 0;
}

/** Whether a value begins or ends with a space or a tab, which nobody sees: by its first byte and its last ones. */
export function spacesAt(first: Uint8Array, last: Uint8Array): string | null {
  const isSpace = (byte: number | undefined) => byte === 32 || byte === 9;
  const [begins, ends] = [isSpace(first[0]), isSpace(last.at(-1))];
  if (begins) return ends ? "begins and ends with a space" : "begins with a space";
  return ends ? "ends with a space" : null;
}
