import { counted } from "#lib/words.ts";
/** The characters that a password is made of: one of the usual sets, or a person's own. */
export const alphabets = ["letters-digits", "letters-digits-symbols", "digits", "own"] as const;
type Alphabet = (typeof alphabets)[number];

type PasswordGenerator = {
  type: "password";
  alphabet: Alphabet;
  /** With the alphabet `own`: its characters. */
  characters?: string | undefined;
  /** Leaves out what people mistake for one another when they read it off. */
  withoutLookAlikes?: boolean | undefined;
  length: number;
};

/** How a value is made where nobody types it. */
export type Generator =
  | PasswordGenerator
  | { type: "hex"; bytes: number }
  | { type: "base64url"; bytes: number }
  | { type: "uuid" };

const digits = "0123456789";
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Without quotes, backslash, $ and blanks: they break shells, URLs and configuration files. */
const symbols = "!#%*+,-./:=?@^_~";

/** What people mistake for one another: zero and O, one and l and I, five and S, two and Z, eight and B. */
const lookAlikes = "0Oo1lI|5S2Z8B";

const usual = {
  digits,
  "letters-digits": letters + digits,
  "letters-digits-symbols": letters + digits + symbols,
};

/** Every character that a password may have, each once. */
export function alphabetOf({
  alphabet,
  characters = "",
  withoutLookAlikes,
}: Omit<PasswordGenerator, "length">): string {
  const all = [...new Set(alphabet === "own" ? characters : usual[alphabet])];
  return all.filter((character) => !withoutLookAlikes || !lookAlikes.includes(character)).join("");
}

/** How hard a value is to guess, as the number of coin tosses that it is worth. */
export function entropyBits(generator: Generator): number {
  switch (generator.type) {
    case "password":
      return Math.floor(generator.length * Math.log2(Math.max(1, alphabetOf(generator).length)));
    case "uuid":
      return 122;
    default:
      return generator.bytes * 8;
  }
}

/** Below this, whoever holds a hash of the value can find it by trying. */
export const enoughBits = 80;

/** How long the value will be in the Swarm. */
export function bytesOf(generator: Generator): number {
  switch (generator.type) {
    case "password":
      return generator.length;
    case "hex":
      return generator.bytes * 2;
    case "base64url":
      return Math.ceil((generator.bytes * 4) / 3);
    case "uuid":
      return 36;
  }
}

const sets: Record<Exclude<Alphabet, "own">, string> = {
  "letters-digits": "letters and digits",
  "letters-digits-symbols": "letters, digits and symbols",
  digits: "digits",
};

/** "32 letters and digits", wherever a generator is named. */
export function generatorText(generator: Generator): string {
  switch (generator.type) {
    case "password": {
      const { alphabet, length, withoutLookAlikes } = generator;
      const set = alphabet === "own" ? `of your ${alphabetOf(generator).length} characters` : sets[alphabet];
      return `password of ${length.toLocaleString("en")} ${set}${withoutLookAlikes ? ", no look-alikes" : ""}`;
    }
    case "uuid":
      return "UUID";
    default:
      return `${counted(generator.bytes, "random byte")} as ${generator.type}`;
  }
}

/** Whether two make the same kind of value: Postgres gives fields back in another order. */
export function isSameGenerator(a: Generator | null, b: Generator | null): boolean {
  return canonical(a) === canonical(b);
}

function canonical(generator: Generator | null): string {
  const fields = Object.entries(generator ?? {}).filter(([, value]) => value !== undefined && value !== false);
  return JSON.stringify(fields.sort(([a], [b]) => a.localeCompare(b)));
}
