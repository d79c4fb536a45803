import { SelectField } from "#components/select-field.tsx";
import { textOf } from "../../plan/fields.ts";
import type { OptionsProps } from "./verb.ts";

/** Which of the older versions that are still there. */
export function VersionOptions({ secret, fields, problems }: OptionsProps) {
  const there = secret.versions.filter(
    ({ state, versionId }) => versionId !== null && (state === "previous" || state === "abandoned"),
  );
  return (
    <SelectField
      label="Version"
      name="versionId"
      error={problems.versionId}
      defaultValue={textOf(fields, "versionId")}
      options={[
        { value: "", label: there.length === 0 ? "No older version is left" : "Choose a version" },
        ...there.map(({ versionId, objectName }) => ({ value: versionId ?? "", label: objectName })),
      ]}
    />
  );
}
