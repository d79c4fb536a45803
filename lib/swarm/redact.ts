import "server-only";
import { type Fields, objectAt, textMapAt, textsAt } from "./fields.ts";

/** The most that is kept of an error text. */
const maximumErrorLength = 300;
const removed = "[removed]";
/** Shorter values would take half of every sentence with them, and hide nothing. */
const shortestValue = 3;
const shortestPiece = 6;
const separators = /[\s=:@/?&,;|"'`\\()[\]{}<>]+/;

/** Takes a container's own environment, argument and label values out of an error text, then cuts it. */
export function redactError(text: string, container: Fields): string {
  let redacted = text;
  for (const form of formsToHide(container)) {
    if (redacted.includes(form)) redacted = redacted.replaceAll(form, removed);
  }
  return redacted.length > maximumErrorLength ? `${redacted.slice(0, maximumErrorLength - 1)}…` : redacted;
}

/** Longest first: a piece taken out of a value would leave the rest of it standing. */
function formsToHide(container: Fields): string[] {
  const forms = new Set<string>();
  for (const value of valuesOf(container)) {
    if (value.length < shortestValue) continue;
    for (const form of encodings(value)) forms.add(form);
    for (const piece of value.split(separators)) {
      if (piece.length >= shortestPiece) for (const form of encodings(piece)) forms.add(form);
    }
  }
  return [...forms].sort((one, other) => other.length - one.length);
}

/** Not the stack: its name is in that of each of its tasks, which a person has to be able to read. */
function valuesOf(container: Fields): string[] {
  const environment = textsAt(container, "Env").map((entry) => entry.slice(entry.indexOf("=") + 1));
  return [
    ...environment,
    ...textsAt(container, "Command"),
    ...textsAt(container, "Args"),
    ...textsAt(objectAt(container, "Healthcheck"), "Test"),
    ...Object.entries(textMapAt(container, "Labels"))
      .filter(([key]) => key !== "com.docker.stack.namespace")
      .map(([, value]) => value),
  ];
}

/** As the value may stand in a message: raw, escaped as Go and JSON do, in a URL, in base64 or hex. */
function encodings(value: string): string[] {
  const bytes = Buffer.from(value);
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(bytes.toString()),
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
    bytes.toString("hex"),
  ];
}
