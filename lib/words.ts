/** "1 service", "3,000 services". */
export function counted(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${agreeing(number, noun, `${noun}s`)}`;
}

/** The word that goes with a number: "is" or "are", "it" or "them". */
export function agreeing(number: number, one: string, many: string): string {
  return number === 1 ? one : many;
}

/** "a", "a and b", "a, b and c", "a, b and 4 more". */
export function someOf(names: readonly string[]): string {
  if (names.length > 3) return `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/** As the first words of a sentence, or all of a status. */
export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A version of a source as people read it: a number without its time, an ETag without its quotes, of a long id the beginning. */
export function shownVersionId(id: string): string {
  const bare = id.replace(/^(?:W\/)?"(.+)"$/, "$1").replace(/^(\d+)@.*$/, "$1");
  return bare.length > 14 ? `${bare.slice(0, 8)}…` : bare;
}

/** A mode as people write it: 292 is 0444. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/** A duration, rounded to what a person wants to know. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** An ISO time to the second, the same for everybody: "2026-05-09 12:03:00 UTC". */
export function exactTime(at: string): string {
  return `${at.slice(0, 19).replace("T", " ")} UTC`;
}

/** A span of time that was measured: "7.5 s", "29 s", "1 min 9 s", "2 h 5 min". */
export function elapsed(seconds: number): string {
  if (seconds < 10 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes === 0) return `${whole} s`;
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const units = [
  { unit: "days", size: 86_400, from: 172_800 },
  { unit: "h", size: 3_600, from: 7_200 },
  { unit: "min", size: 60, from: 120 },
];

/** The same for a field: it is read again to the very second. */
export function exactDuration(seconds: number): string {
  const fits = units.find(({ size, from }) => seconds >= from && seconds % size === 0);
  return fits ? `${seconds / fits.size} ${fits.unit}` : `${seconds} s`;
}
