import { KeepField, orderOptions, SoakField } from "#components/plan/rotation-fields.tsx";
import { SelectField } from "#components/select-field.tsx";
import { type Fields, textOf } from "./fields.ts";
import type { Problems } from "./problems.ts";

/** How rotations go unless one is told otherwise: the order, how long is watched, how long the old version stays. */
export function SettingsFields({ fields, problems }: { fields: Fields; problems: Problems }) {
  return (
    <>
      <div className="grid gap-4 md:grid-cols-3">
        <SelectField
          label="Order of services"
          name="order"
          defaultValue={textOf(fields, "order")}
          options={orderOptions}
        />
        <SoakField defaultValue={textOf(fields, "soakSeconds")} error={problems.soakSeconds} />
        <KeepField defaultValue={textOf(fields, "keepSeconds")} error={problems.keepSeconds} />
      </div>
      <SelectField
        label="During a rotation, does the old value still work?"
        name="oldStaysValid"
        defaultValue={textOf(fields, "oldStaysValid")}
        options={[
          { value: "", label: "Ask when a value is entered" },
          { value: "yes", label: "Yes", hint: "A failure puts services back on it." },
          { value: "no", label: "No", hint: "A failure stops where it is, and a person decides." },
        ]}
      />
    </>
  );
}
