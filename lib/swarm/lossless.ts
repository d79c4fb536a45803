import "server-only";

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** Node's JSON with the two functions that TypeScript does not know yet. */
const json = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown;
  stringify(value: unknown): string;
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is { rawJSON: string };
};

/** Parses so that `stringifyLossless` gives every number back as it was written, above 2^53 too. */
export function parseLossless(text: string): unknown {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined && String(value) !== source ? json.rawJSON(source) : value,
  );
}

/** The same, quicker for long answers: Docker writes numbers as JavaScript does, but for long integers and minus zero. */
export function parseDockerLossless(text: string): unknown {
  return longOrNegativeZero.test(text) ? parseLossless(text) : JSON.parse(text);
}

const longOrNegativeZero = /[:,[]\s*(?:-?\d{16,}|-0[\s,}\]])/;

export function stringifyLossless(value: unknown): string {
  return json.stringify(value);
}

/** A number for reading, rounded where JavaScript must; null where there is none. */
export function numberOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  return json.isRawJSON(value) ? Number(value.rawJSON) : null;
}
