import "server-only";
import { AppError } from "#lib/errors.ts";

/** How a field is written into its place. */
const writings: Record<string, (text: string) => string> = {
  /** Percent-encoded, as the parts of an address ask for; RFC 3986 reserves more than encodeURIComponent encodes. */
  url: (text) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
  json: (text) => JSON.stringify(text),
  base64: (text) => Buffer.from(text).toString("base64"),
};

const place = /\{\{\s*([^{}|]+?)\s*(?:\|\s*([a-z0-9]+)\s*)?\}\}/g;

/** Puts fields in their places: `{{user}}` as it is, `{{password | url}}`, `| json` or `| base64` so written. */
export function fillTemplate(template: string, fieldOf: (field: string) => string): string {
  return template.replace(place, (_place, field: string, writing: string | undefined) => {
    const text = fieldOf(field);
    return writing === undefined ? text : (writings[writing]?.(text) ?? text);
  });
}

/** The fields that a template names. Refuses one that names none, or writes one in a way that there is not. */
export function fieldsOfTemplate(template: string): string[] {
  const places = [...template.matchAll(place)];
  const unknown = places.find(([, , writing]) => writing !== undefined && !(writing in writings));
  if (unknown) {
    throw new AppError("invalid-input", `A field can be written as url, json or base64, not as ${unknown[2]}.`, {
      field: "template",
    });
  }
  if (places.length === 0 || /\{\{|\}\}/.test(template.replace(place, ""))) {
    throw new AppError("invalid-input", "Write each field as {{name}} or {{name | url}}, at least one.", {
      field: "template",
    });
  }
  return [...new Set(places.map(([, field = ""]) => field))];
}
