import type { SecretView } from "#lib/inventory/schema.ts";
import { usualGenerator } from "#lib/secrets/schema.ts";
import { type Fields, generatorFields } from "../../plan/fields.ts";

type Asked = Pick<SecretView, "settings" | "binding" | "attachment">;

/**
 * Where the new value comes from if nobody says: from the rotator or the source of the secret, else as it was made before.
 */
export function rotateFields({ settings, binding, attachment }: Asked, fields: Fields): Fields {
  const own = settings?.generator ? "generated" : "typed";
  const source = fields.source ?? (attachment ? "rotator" : binding ? "source" : own);
  const isMade = "make" in fields;
  return { ...(isMade ? {} : generatorFields(settings?.generator ?? usualGenerator)), ...fields, source };
}

/** The source most likely still has the value that has leaked: whoever wants another one from there says so. */
export function emergencyFields({ settings, attachment }: Asked, fields: Fields): Fields {
  return rotateFields({ settings, binding: null, attachment }, fields);
}
