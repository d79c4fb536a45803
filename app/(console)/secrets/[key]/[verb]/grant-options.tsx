import { SelectField } from "#components/select-field.tsx";
import { textOf } from "../../plan/fields.ts";
import { GrantFields, grantedIn } from "../../plan/grant-fields.tsx";
import type { OptionsProps } from "./verb.ts";

/** Which service gets the secret, and as what file. What was typed stays, also where the service is gone meanwhile. */
export function GrantOptions({ fields, services, secret, problems, plan }: OptionsProps) {
  const held = new Set(secret.grants.map(({ serviceId }) => serviceId));
  return (
    <>
      <SelectField
        label="Service"
        name="serviceId"
        error={problems.serviceId}
        defaultValue={textOf(fields, "serviceId")}
        options={[
          { value: "", label: "Choose a service" },
          ...services.map(({ id, name }) => ({ value: id, label: held.has(id) ? `${name} (has it)` : name })),
        ]}
      />
      {textOf(fields, "serviceId") !== "" && (
        <GrantFields
          fields={fields}
          problems={problems}
          usual={grantedIn(plan, textOf(fields, "serviceId")) ?? { target: secret.name }}
        />
      )}
    </>
  );
}
