import "server-only";
import { AppError } from "#lib/errors.ts";
import type { SourceSettings, Take } from "./schema.ts";
import { fieldsOfTemplate } from "./template.ts";

/**
 * The id of a version is kept in Postgres, and no value may be: what says the version at a source cannot be taken as the
 * value, nor into it, nor with what it is in. Throws `invalid-input` on the field `take`; whoever binds a secret to a
 * source asks it too.
 */
export function refuseVersionAsValue(settings: SourceSettings, take: Take): void {
  const said = versionFieldOf(settings);
  if (said === null) return;
  const way = wayTo(settings, said);
  if (!waysOf(settings, take).some((taken) => isWithin(taken, way) || isWithin(way, taken))) return;
  const sentence = `The field ${said} says which version this is, and it is no part of a value. Take another field, or let another one say the version.`;
  throw new AppError("invalid-input", sentence, { field: "take" });
}

function versionFieldOf(settings: SourceSettings): string | null {
  if (settings.kind === "vault") return settings.versionField;
  return settings.kind === "http" && settings.versionFrom?.in === "body" ? settings.versionFrom.pointer : null;
}

/** From the top of the content; no step at all leads to all of it. */
type Way = string[];

function waysOf(settings: SourceSettings, take: Take): Way[] {
  if (take.take === "whole") return [[]];
  const fields = take.take === "field" ? [take.field] : fieldsOfTemplate(take.template);
  return fields.map((field) => wayTo(settings, field));
}

/** Of HTTP it is a JSON pointer, or a bare name at the top. */
function wayTo({ kind }: SourceSettings, field: string): Way {
  if (kind !== "http" || !field.startsWith("/")) return [field];
  return field
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Whether what is there holds what is at the other end. */
function isWithin(outer: Way, inner: Way): boolean {
  return outer.every((step, index) => step === inner[index]);
}
