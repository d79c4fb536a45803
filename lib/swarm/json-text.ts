import "server-only";

/**
 * JSON as text: a piece is replaced, added or taken out, and everything else stays as it was written, numbers above 2^53,
 * the order of keys and the way that characters are escaped included. The text must be JSON; objects and lists are given
 * as the text of exactly one.
 */

type Span = { from: number; to: number };
type Member = Span & { name: string; value: Span };

/** The text of the value under a name; null where there is none. Of several, the last counts, as for Docker. */
export function memberText(object: string, name: string): string | null {
  const member = findMember(object, name);
  return member ? object.slice(member.value.from, member.value.to) : null;
}

/** The texts of a list's items; none where it is not a list. */
export function itemTexts(list: string): string[] {
  return itemsOf(list).map(({ from, to }) => list.slice(from, to));
}

/** The value under a name replaced where it stands, or put at the end of the object. */
export function withMember(object: string, name: string, value: string): string {
  const member = findMember(object, name);
  if (member) return object.slice(0, member.value.from) + value + object.slice(member.value.to);
  const end = object.lastIndexOf("}");
  const comma = membersOf(object).length > 0 ? "," : "";
  return `${object.slice(0, end)}${comma}${JSON.stringify(name)}:${value}${object.slice(end)}`;
}

/** The object without a name, with the comma that it leaves. */
export function withoutMember(object: string, name: string): string {
  const members = membersOf(object);
  const index = members.findIndex((member) => member.name === name);
  const [before, member, after] = [members[index - 1], members[index], members[index + 1]];
  if (!member) return object;
  const from = before ? before.to : member.from;
  const to = before || !after ? member.to : after.from;
  return withoutMember(object.slice(0, from) + object.slice(to), name);
}

function findMember(object: string, name: string): Member | undefined {
  return membersOf(object).findLast((member) => member.name === name);
}

function membersOf(text: string): Member[] {
  const members: Member[] = [];
  eachPart(text, "{", (from) => {
    const keyEnd = endOfString(text, from);
    const valueFrom = skipBlank(text, skipBlank(text, keyEnd) + 1);
    const to = endOfValue(text, valueFrom);
    members.push({ name: JSON.parse(text.slice(from, keyEnd)), value: { from: valueFrom, to }, from, to });
    return to;
  });
  return members;
}

function itemsOf(text: string): Span[] {
  const items: Span[] = [];
  eachPart(text, "[", (from) => {
    const to = endOfValue(text, from);
    items.push({ from, to });
    return to;
  });
  return items;
}

/** What stands between commas. `read` takes the beginning of a part and gives its end. */
function eachPart(text: string, opening: "{" | "[", read: (from: number) => number): void {
  let at = skipBlank(text, 0);
  if (text[at] !== opening) return;
  at = skipBlank(text, at + 1);
  if (text[at] === "}" || text[at] === "]") return;
  do {
    at = skipBlank(text, read(skipBlank(text, at)));
    at += 1;
  } while (text[at - 1] === ",");
}

function endOfValue(text: string, from: number): number {
  const first = text[from];
  if (first === '"') return endOfString(text, from);
  if (first !== "{" && first !== "[") return endOfMatch(bare, text, from);
  let depth = 0;
  let at = from;
  do {
    mark.lastIndex = at;
    const found = mark.exec(text);
    if (!found) throw new SyntaxError("This JSON has no end.");
    const isText = found[0] === '"';
    at = isText ? endOfString(text, found.index) : found.index + 1;
    if (!isText) depth += found[0] === "{" || found[0] === "[" ? 1 : -1;
  } while (depth > 0);
  return at;
}

function endOfString(text: string, from: number): number {
  let quote = from;
  for (;;) {
    quote = text.indexOf('"', quote + 1);
    if (quote === -1) throw new SyntaxError("This JSON has no end.");
    let slashes = 0;
    while (text[quote - 1 - slashes] === "\\") slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
  }
}

function skipBlank(text: string, from: number): number {
  return endOfMatch(blank, text, from);
}

function endOfMatch(sticky: RegExp, text: string, from: number): number {
  sticky.lastIndex = from;
  sticky.exec(text);
  return Math.max(from, sticky.lastIndex);
}

const blank = /[ \t\r\n]*/y;
const bare = /[^ \t\r\n,\]}]*/y;
const mark = /["{}[\]]/g;
