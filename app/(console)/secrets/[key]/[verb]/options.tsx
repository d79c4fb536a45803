import { SelectField } from "#components/select-field.tsx";
import type { SecretView, ServiceRow } from "#lib/inventory/schema.ts";
import type { Plan } from "#lib/operations/schema.ts";
import type { Problems } from "../../prepared.ts";
import { AdoptOptions } from "./adopt-options.tsx";
import { EditOptions } from "./edit-options.tsx";
import { type Fields, textOf } from "./fields.ts";
import { GrantOptions } from "./grant-options.tsx";
import { RetireOptions, StackLineOptions } from "./retire-options.tsx";
import { EmergencyOptions, RotateOptions } from "./rotate-options.tsx";

type Props = {
  verb: string;
  secret: SecretView;
  fields: Fields;
  services: ServiceRow[];
  plan: Plan | null;
  problems: Problems;
};

/** What the plan of this verb is made of, as the address has it. */
export function Options(props: Props) {
  switch (props.verb) {
    case "rotate":
      return <RotateOptions {...props} />;
    case "emergency":
      return <EmergencyOptions {...props} />;
    case "grant":
      return <GrantOptions {...props} />;
    case "roll-back":
      return <VersionOption {...props} states={["previous", "abandoned"]} />;
    case "retire":
      return <RetireOptions {...props} />;
    case "stack-line":
      return <StackLineOptions {...props} />;
    case "revoke":
      return <RevokeOptions {...props} />;
    case "edit":
      return <EditOptions {...props} />;
    case "adopt":
      return <AdoptOptions {...props} />;
    default:
      return null;
  }
}

function VersionOption({ secret, fields, problems, states }: Props & { states: string[] }) {
  const there = secret.versions.filter(({ state, versionId }) => versionId !== null && states.includes(state));
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

function RevokeOptions({ secret, fields, problems }: Props) {
  return (
    <>
      <SelectField
        label="Service"
        name="serviceId"
        error={problems.serviceId}
        defaultValue={textOf(fields, "serviceId")}
        options={[
          { value: "", label: "Choose a service" },
          ...secret.grants.map(({ serviceId, serviceName }) => ({ value: serviceId, label: serviceName })),
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
