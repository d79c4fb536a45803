import "server-only";
import { AppError } from "#lib/errors.ts";

/** An object of Docker's JSON, unread. */
export type Fields = { readonly [name: string]: unknown };

const none: Fields = Object.freeze({});

/** The object under a name; an empty one where it is absent, so that reading never stops half-way. */
export function objectAt(fields: Fields, name: string): Fields {
  return isFields(fields[name]) ? fields[name] : none;
}

export function hasObject(fields: Fields, name: string): boolean {
  return isFields(fields[name]);
}

export function listAt(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  return Array.isArray(value) ? value : [];
}

export function objectsAt(fields: Fields, name: string): Fields[] {
  return listAt(fields, name).filter(isFields);
}

export function textsAt(fields: Fields, name: string): string[] {
  return listAt(fields, name).filter((entry) => typeof entry === "string");
}

export function textAt(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}

export function numberAt(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === "number" ? value : 0;
}

/** Durations come in nanoseconds. */
export function secondsAt(fields: Fields, name: string): number {
  return numberAt(fields, name) / 1e9;
}

/** What an answer cannot do without: an ID, a name, a version. */
export function requireText(fields: Fields, name: string): string {
  const value = textAt(fields, name);
  if (value === "") throw brokenAnswer(`no ${name}`);
  return value;
}

export function requireNumber(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== "number") throw brokenAnswer(`no ${name}`);
  return value;
}

export function requireFields(value: unknown): Fields {
  if (!isFields(value)) throw brokenAnswer("not an object");
  return value;
}

export function requireList(value: unknown): Fields[] {
  // Older engines write null for an empty list.
  if (value === null) return [];
  if (!Array.isArray(value)) throw brokenAnswer("not a list");
  return value.map(requireFields);
}

/** The name under a map's keys whose value is text; other values are left out. */
export function textMapAt(fields: Fields, name: string): Record<string, string> {
  const entries = Object.entries(objectAt(fields, name)).filter((entry) => typeof entry[1] === "string");
  return Object.fromEntries(entries) as Record<string, string>;
}

/** The word if it is one of those known here, else the fallback. */
export function wordAt<Word extends string>(
  fields: Fields,
  name: string,
  words: readonly Word[],
  otherwise: Word,
): Word {
  const value = fields[name];
  return words.find((word) => word === value) ?? otherwise;
}

export function brokenAnswer(reason: string): AppError {
  return new AppError(
    "swarm-broken-answer",
    "The Swarm answered something that Skep does not understand. Check the engine's version and its log.",
    { cause: new Error(reason) },
  );
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Docker's JSON; what is none is a broken answer, and not repeated anywhere. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw brokenAnswer("not JSON");
  }
}
