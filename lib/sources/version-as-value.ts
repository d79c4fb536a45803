import "server-only";
import { AppError } from "#lib/errors.ts";
import type { SourceSettings, Take } from "./schema.ts";
import { fieldsOfTemplate } from "./template.ts";

/**
 * The id of a version is kept in Postgres, and no value may be: what says the version at a source cannot be taken as the
 * value, or into it. Throws `invalid-input` on the field `take`; whoever binds a secret to a source asks it too.
 */
export function refuseVersionAsValue(settings: SourceSettings, take: Take): void {
  const said = versionFieldOf(settings);
  const isTaken = said !== null && fieldsOf(take).some((field) => pointerOf(field) === pointerOf(said));
  if (!isTaken) return;
  const sentence = `The field ${said} says which version this is, and versions are kept readable. Take another field, or let another one say the version.`;
  throw new AppError("invalid-input", sentence, { field: "take" });
}

function versionFieldOf(settings: SourceSettings): string | null {
  if (settings.kind === "vault") return settings.versionField;
  return settings.kind === "http" && settings.versionFrom?.in === "body" ? settings.versionFrom.pointer : null;
}

function fieldsOf(take: Take): string[] {
  if (take.take === "field") return [take.field];
  return take.take === "template" ? fieldsOfTemplate(take.template) : [];
}

/** A bare name is that of a field at the top. */
function pointerOf(field: string): string {
  return field.startsWith("/") ? field : `/${field.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
