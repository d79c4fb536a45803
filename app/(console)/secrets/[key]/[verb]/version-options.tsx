import { SelectField } from "#components/select-field.tsx";
import { textOf } from "../../plan/fields.ts";
import { OldValueField } from "../../plan/old-value-fields.tsx";
import type { OptionsProps } from "./verb.ts";

/** Which of the older versions that are still there, and what a failure on the way to it may do. */
export function VersionOptions({ secret, fields, problems }: OptionsProps) {
  const there = secret.versions.filter(({ versionId, can }) => versionId !== null && can.includes("secret.roll-back"));
  return (
    <>
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
      {!secret.attachment?.mode && (
        <OldValueField
          label="While services move back, does the value that they leave still work?"
          secret={secret}
          fields={fields}
          error={problems.oldStaysValid}
        />
      )}
    </>
  );
}
