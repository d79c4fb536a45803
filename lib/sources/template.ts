import "server-only";
import { AppError } from "#lib/errors.ts";

/** How a field is written into its place. */
const writings: Record<string, (text: string) => string> = {
  /** Percent-encoded, as the parts of an address ask for; RFC 3986 reserves more than encodeURIComponent encodes. */
  url: (text) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
  json: (text) => JSON.stringify(text),
  base64: (text) => Buffer.from(text).toString("base64"),
  /** A field of PostgreSQL's password file: https://www.postgresql.org/docs/current/libpq-pgpass.html */
  pgpass: (text) => text.replace(/[\\:]/g, (sign) => `\\${sign}`),
};

const place = /\{\{([^{}|]+)(?:\|([^{}|]*))?\}\}/g;

/**
 * Puts fields in their places: `{{user}}` as it is, `{{password | url}}`, `| json`, `| base64` or `| pgpass` so written. What a
 * field holds is not looked at for places again. Refuses what `fieldsOfTemplate` does.
 */
export function fillTemplate(template: string, fieldOf: (field: string) => string): string {
  fieldsOfTemplate(template);
  return template.replace(place, (_place, field: string, writing: string | undefined) => {
    const text = fieldOf(field.trim());
    return writing === undefined ? text : (writings[writing.trim()]?.(text) ?? text);
  });
}

/** The fields that a template names. Refuses one that names none, or writes one in a way that there is not. */
export function fieldsOfTemplate(template: string): string[] {
  const places = [...template.matchAll(place)].map(([, field = "", writing]) => ({
    field: field.trim(),
    writing: writing?.trim(),
  }));
  const unknown = places.find(({ writing }) => writing !== undefined && !Object.hasOwn(writings, writing));
  if (unknown) {
    const sentence = `A field can be written as url, json, base64 or pgpass, not as ${unknown.writing || "nothing"}.`;
    throw new AppError("invalid-input", sentence, { field: "template" });
  }
  const isOdd = places.some(({ field }) => field === "") || looksLikeAPlace(template.replace(place, ""));
  if (places.length === 0 || isOdd) {
    const sentence = "Write each field as {{name}} or {{name | url}}, at least one.";
    throw new AppError("invalid-input", sentence, { field: "template" });
  }
  return [...new Set(places.map(({ field }) => field))];
}

/** What is left when the places are gone: two braces of nested JSON belong to others, two of a mistyped place do not. */
function looksLikeAPlace(rest: string): boolean {
  if (rest.includes("{{")) return true;
  return rest.includes("}}") && rest.split("{").length !== rest.split("}").length;
}
