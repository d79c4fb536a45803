import { SelectField } from "#components/select-field.tsx";
import { textOf } from "../../plan/fields.ts";
import type { OptionsProps } from "./verb.ts";

/** Which service loses it, and which of its files. */
export function RevokeOptions({ secret, fields, problems }: OptionsProps) {
  const services = new Map(secret.grants.map(({ serviceId, serviceName }) => [serviceId, serviceName]));
  return (
    <>
      <SelectField
        label="Service"
        name="serviceId"
        error={problems.serviceId}
        defaultValue={textOf(fields, "serviceId")}
        options={[
          { value: "", label: "Choose a service" },
          ...[...services].map(([value, label]) => ({ value, label })),
        ]}
      />
      <SelectField
        key={textOf(fields, "serviceId")}
        label="File"
        name="target"
        error={problems.target}
        defaultValue={textOf(fields, "target")}
        options={secret.grants
          .filter(({ serviceId }) => serviceId === textOf(fields, "serviceId"))
          .map(({ target }) => ({ value: target, label: target }))}
      />
    </>
  );
}
