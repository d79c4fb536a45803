import "server-only";

/**
 * A second reader of JSON, for tests: it shares nothing with the one that patches specs, and keeps every piece as it is
 * written, numbers, escapes, order and doubled keys included.
 */
export type Document =
  | { kind: "object"; text: string; members: Member[] }
  | { kind: "list"; text: string; items: Document[] }
  | { kind: "plain"; text: string };
export type Member = { key: string; value: Document };

export function readDocument(text: string): Document {
  const reader = new Reader(text);
  const document = reader.readValue();
  if (reader.next() !== "") throw new SyntaxError(`Something follows the JSON at ${reader.at}.`);
  return document;
}

/** The same without the blanks between its pieces, which say nothing. */
export function compact(document: Document): string {
  switch (document.kind) {
    case "plain":
      return document.text;
    case "list":
      return `[${document.items.map(compact).join()}]`;
    case "object":
      return `{${document.members.map(({ key, value }) => `${key}:${compact(value)}`).join()}}`;
  }
}

/** The value under a name, or several names deep. */
export function at(document: Document | undefined, ...names: string[]): Document | undefined {
  const [name, ...rest] = names;
  if (name === undefined) return document;
  if (document?.kind !== "object") return undefined;
  return at(document.members.findLast(({ key }) => JSON.parse(key) === name)?.value, ...rest);
}

export function textAt(document: Document | undefined, ...names: string[]): string | null {
  const value = at(document, ...names);
  return value?.kind === "plain" && value.text.startsWith('"') ? JSON.parse(value.text) : null;
}

export function itemsAt(document: Document | undefined, ...names: string[]): Document[] {
  const value = at(document, ...names);
  return value?.kind === "list" ? value.items : [];
}

class Reader {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next sign that is no blank; empty at the end. */
  next(): string {
    while (this.at < this.#text.length && " \t\r\n".includes(this.#text.charAt(this.at))) this.at += 1;
    return this.#text.charAt(this.at);
  }

  readValue(): Document {
    const sign = this.next();
    const from = this.at;
    if (sign === "{") {
      const members = this.#readParts("}", () => this.#readMember());
      return { kind: "object", text: this.#text.slice(from, this.at), members };
    }
    if (sign === "[") {
      const items = this.#readParts("]", () => this.readValue());
      return { kind: "list", text: this.#text.slice(from, this.at), items };
    }
    return { kind: "plain", text: sign === '"' ? this.#take(string) : this.#take(word) };
  }

  #readMember(): Member {
    if (this.next() !== '"') throw new SyntaxError(`A key is missing at ${this.at}.`);
    const key = this.#take(string);
    if (this.next() !== ":") throw new SyntaxError(`A colon is missing at ${this.at}.`);
    this.at += 1;
    return { key, value: this.readValue() };
  }

  #readParts<Part>(end: "}" | "]", read: () => Part): Part[] {
    const parts: Part[] = [];
    this.at += 1;
    if (this.next() === end) {
      this.at += 1;
      return parts;
    }
    for (;;) {
      parts.push(read());
      const sign = this.next();
      this.at += 1;
      if (sign === end) return parts;
      if (sign !== ",") throw new SyntaxError(`A comma is missing at ${this.at - 1}.`);
    }
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text)?.[0];
    if (!found) throw new SyntaxError(`This is no JSON at ${this.at}.`);
    this.at += found.length;
    return found;
  }
}

const string = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[ !#-[\]-\uffff]*)*"/y;
const word = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w.+-])/y;
