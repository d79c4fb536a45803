import { z } from "zod";

/** How long new tasks must stay healthy: a number of seconds, or `30 s`, `5 min`. */
export const soakDuration = durationUpTo("A soak lasts", 86_400, "seconds, such as 30 s or 5 min");

/** How long an old version is kept: a number of seconds, or `24 h`, `7 days`. */
export const keepDuration = durationUpTo(
  "Keep the old version for",
  365 * 86_400,
  "seconds, such as 24 h or 7 days; 0 removes it at once",
);

/** A whole number as forms send it, within its bounds; else one sentence that says them. */
export function wholeNumber(what: string, [least, most]: [number, number], unit = "") {
  const sentence = `${what} ${least} to ${most.toLocaleString("en")} ${unit}`.trim();
  return z.coerce
    .number(`${sentence}.`)
    .int(`${sentence}, whole.`)
    .min(least, `${sentence}.`)
    .max(most, `${sentence}.`);
}

function durationUpTo(what: string, mostSeconds: number, unit: string) {
  return z.preprocess(secondsIn, wholeNumber(what, [0, mostSeconds], unit));
}

const unitSeconds = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** An empty field is not 0: whoever wants a version removed at once has to write the 0. */
function secondsIn(raw: unknown): unknown {
  if (typeof raw !== "string") return raw;
  if (raw.trim() === "") return undefined;
  const parts = /^\s*(\d{1,9})\s*(s|m|h|d)(?:ec|econd|in|inute|our|r|ay)?s?\s*$/i.exec(raw);
  if (!parts) return raw;
  return Number(parts[1]) * unitSeconds[parts[2]?.toLowerCase() as keyof typeof unitSeconds];
}
