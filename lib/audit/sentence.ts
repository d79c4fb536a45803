import "server-only";
import type { EventPart } from "./schema.ts";

export type Phrase = EventPart[];

/** `say\`started rotating ${"db_password"}\``: what is put in as text is a name and shown monospaced; phrases are put in as they are. */
export function say(texts: TemplateStringsArray, ...values: (string | Phrase)[]): Phrase {
  const parts: Phrase = [];
  texts.forEach((text, index) => {
    add(parts, text, false);
    const value = values[index];
    if (typeof value === "string") add(parts, value, true);
    else for (const part of value ?? []) add(parts, part.text, part.isName);
  });
  return parts;
}

/** Words that are no name, where they have to be put in. */
export function plain(text: string): Phrase {
  return text === "" ? [] : [{ text, isName: false }];
}

/** "a", "a and b", "a, b and 4 more": each name monospaced, the rest plain. */
export function listOf(names: string[]): Phrase {
  const shown = names.length > 3 ? names.slice(0, 2) : names;
  const rest = names.length - shown.length;
  const parts: Phrase = [];
  shown.forEach((name, index) => {
    const isLast = index === shown.length - 1 && rest === 0;
    if (index > 0) add(parts, isLast ? " and " : ", ", false);
    add(parts, name, true);
  });
  if (rest > 0) add(parts, ` and ${rest} more`, false);
  return parts;
}

function add(parts: Phrase, text: string, isName: boolean): void {
  const last = parts.at(-1);
  if (text === "") return;
  if (last && last.isName === isName && !isName) last.text += text;
  else parts.push({ text, isName });
}
