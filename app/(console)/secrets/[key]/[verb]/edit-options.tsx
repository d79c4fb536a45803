import type { SecretView } from "#lib/inventory/schema.ts";
import { exactDuration } from "#lib/words.ts";
import { AboutFields } from "../../plan/about-fields.tsx";
import { type Fields, generatorFields } from "../../plan/fields.ts";
import { GeneratorFields } from "../../plan/generator-fields.tsx";
import { SettingsFields } from "../../plan/settings-fields.tsx";
import type { OptionsProps } from "./verb.ts";

/** What people know of a secret, and how its next rotation goes. */
export function EditOptions({ fields, problems }: OptionsProps) {
  return (
    <>
      <AboutFields fields={fields} problems={problems} />
      <GeneratorFields
        fields={fields}
        problems={problems}
        label="Where new values come from"
        person="A person enters them"
      />
      <SettingsFields fields={fields} problems={problems} />
    </>
  );
}

/** As the secret has them, until somebody says otherwise. */
export function editFields({ settings }: SecretView, fields: Fields): Fields {
  if (!settings || "asked" in fields) return fields;
  const { owner, description, tags, generator, order, soakSeconds, keepSeconds, oldValueStaysValid } = settings;
  return {
    owner,
    description,
    order,
    tags: tags.join(", "),
    ...(generator ? generatorFields(generator) : {}),
    soakSeconds: soakSeconds === null ? "" : exactDuration(soakSeconds),
    keepSeconds: exactDuration(keepSeconds),
    oldStaysValid: oldValueStaysValid === null ? "" : oldValueStaysValid ? "yes" : "no",
    ...fields,
  };
}
