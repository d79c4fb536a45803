import { AboutFields } from "../../plan/about-fields.tsx";
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
