import { Field } from "#components/field.tsx";
import { SelectField } from "#components/select-field.tsx";
import type { SecretView, ServiceRow } from "#lib/inventory/schema.ts";
import { type Fields, textOf } from "./fields.ts";

/** Which service gets the secret, and as what file. What was typed stays, also where the service is gone meanwhile. */
export function GrantOptions({
  fields,
  services,
  secret,
  problems,
}: {
  fields: Fields;
  services: ServiceRow[];
  secret: SecretView;
  problems: Record<string, string>;
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
        <div className="grid gap-4 md:grid-cols-[2fr_1fr_1fr_1fr]">
          <Field
            label="File"
            name="target"
            error={problems.target}
            defaultValue={textOf(fields, "target")}
            placeholder={secret.name}
          />
          <Field
            label="User"
            name="uid"
            error={problems.uid}
            inputMode="numeric"
            defaultValue={textOf(fields, "uid")}
            placeholder="by the service"
          />
          <Field
            label="Group"
            name="gid"
            error={problems.gid}
            inputMode="numeric"
            defaultValue={textOf(fields, "gid")}
            placeholder="by the service"
          />
          <Field
            label="Mode"
            name="mode"
            error={problems.mode}
            inputMode="numeric"
            defaultValue={textOf(fields, "mode")}
            placeholder="0400 or 0444"
          />
        </div>
      )}
    </>
  );
}
