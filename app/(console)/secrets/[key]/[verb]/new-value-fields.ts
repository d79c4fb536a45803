import type { SecretView } from "#lib/inventory/schema.ts";
import { usualGenerator } from "#lib/secrets/schema.ts";
import { type Fields, generatorFields } from "../../plan/fields.ts";

type Asked = Pick<SecretView, "settings" | "binding">;

/** Where the new value comes from if nobody says: from the source that the secret is bound to, else as it was made before. */
export function rotateFields({ settings, binding }: Asked, fields: Fields): Fields {
  const source = fields.source ?? (binding ? "source" : settings?.generator ? "generated" : "typed");
  const isMade = "make" in fields;
  return { ...(isMade ? {} : generatorFields(settings?.generator ?? usualGenerator)), ...fields, source };
}

/** The source most likely still has the value that has leaked: whoever wants another one from there says so. */
export function emergencyFields({ settings }: Asked, fields: Fields): Fields {
  return rotateFields({ settings, binding: null }, fields);
}
