import { SelectField } from "#components/select-field.tsx";
import type { SecretView, ServiceRow } from "#lib/inventory/schema.ts";
import type { Plan } from "#lib/operations/schema.ts";
import type { Problems } from "../../prepared.ts";
import { type Fields, textOf } from "./fields.ts";
import { GrantFields, grantedIn } from "./grant-fields.tsx";

/** Which service gets the secret, and as what file. What was typed stays, also where the service is gone meanwhile. */
export function GrantOptions({
  fields,
  services,
  secret,
  problems,
  plan,
}: {
  fields: Fields;
  services: ServiceRow[];
  secret: SecretView;
  problems: Problems;
  plan: Plan | null;
}) {
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
