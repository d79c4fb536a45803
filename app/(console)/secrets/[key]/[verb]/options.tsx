import { CheckField } from "#components/check-field.tsx";
import { Field } from "#components/field.tsx";
import { RadioField } from "#components/radio-field.tsx";
import { SelectField } from "#components/select-field.tsx";
import type { SecretView, ServiceRow } from "#lib/inventory/schema.ts";
import type { Plan } from "#lib/operations/schema.ts";
import { EditOptions } from "./edit-options.tsx";
import { type Fields, listOf, textOf } from "./fields.ts";
import { GrantOptions } from "./grant-options.tsx";

type Props = {
  verb: string;
  secret: SecretView;
  fields: Fields;
  services: ServiceRow[];
  plan: Plan | null;
  /** What is wrong, by the name of the field. */
  problems: Record<string, string>;
};

/** The fields that can say themselves what is wrong with them. */
export const fieldNames: Record<string, string[]> = {
  rotate: ["soakSeconds"],
  emergency: ["soakSeconds", "reason"],
  grant: ["serviceId", "target", "uid", "gid", "mode"],
  "roll-back": ["versionId"],
  retire: ["versionId"],
  revoke: ["serviceId", "target"],
  edit: ["owner", "tags", "description", "soakSeconds", "keepSeconds"],
  adopt: ["name", "owner"],
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
    case "revoke":
      return <RevokeOptions {...props} />;
    case "edit":
      return <EditOptions fields={props.fields} problems={props.problems} />;
    case "adopt":
      return <AdoptOptions {...props} />;
    default:
      return null;
  }
}

function RotateOptions({ secret, fields, plan, problems }: Props) {
  const isTyped = textOf(fields, "source") === "typed";
  const leftOut = plan?.changes.filter(({ kind }) => kind === "runs-to-end") ?? [];
  return (
    <>
      <SourceOption fields={fields} />
      {isTyped && (
        <RadioField
          label="While services move, does the old value still work?"
          name="oldStaysValid"
          defaultValue={textOf(fields, "oldStaysValid") || kept(secret)}
          options={[
            { value: "yes", label: "Yes", hint: "If a service fails, all are put back on it." },
            { value: "no", label: "No", hint: "If a service fails, everything stops where it is and you decide." },
          ]}
        />
      )}
      <div className="grid gap-4 md:grid-cols-2">
        <SelectField
          label="Order of services"
          name="order"
          defaultValue={textOf(fields, "order") || secret.settings?.order || "canary"}
          options={[
            { value: "canary", label: "One first, then the others" },
            { value: "together", label: "All together" },
            { value: "one-by-one", label: "One by one" },
          ]}
        />
        <Field
          label="Soak, in seconds"
          name="soakSeconds"
          error={problems.soakSeconds}
          inputMode="numeric"
          defaultValue={textOf(fields, "soakSeconds")}
          placeholder="as the health check asks, at least 15"
        />
      </div>
      {leftOut.map(({ serviceId, serviceName }) => (
        <CheckField
          key={serviceId}
          name="include[]"
          value={serviceId}
          defaultChecked={listOf(fields, "include").includes(serviceId)}
          label={`Include ${serviceName}`}
          hint="It runs to its end: moving it makes it run again."
        />
      ))}
    </>
  );
}

function SourceOption({ fields }: { fields: Fields }) {
  return (
    <RadioField
      label="The new value"
      name="source"
      defaultValue={textOf(fields, "source")}
      options={[
        { value: "generated", label: "Make one; nobody sees it", hint: "By the secret's generator." },
        { value: "shown", label: "Make one and show it to me once", hint: "For whatever else has to know it." },
        { value: "typed", label: "I enter it", hint: "By typing, pasting or a file." },
      ]}
    />
  );
}

function EmergencyOptions(props: Props) {
  return (
    <>
      <Field
        label="What happened"
        name="reason"
        error={props.problems.reason}
        maxLength={300}
        defaultValue={textOf(props.fields, "reason")}
        hint="The history keeps it. Do not write the value."
      />
      <RotateOptions {...props} />
      <CheckField
        name="isStackConfirmed"
        value="yes"
        defaultChecked={textOf(props.fields, "isStackConfirmed") !== ""}
        label="No stack that is still deployed names an old version"
      />
    </>
  );
}

function VersionOption({ secret, fields, states, problems }: Props & { states: string[] }) {
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

function RetireOptions({ secret, fields, problems }: Props) {
  const there = secret.versions.filter(({ state }) => state === "previous" || state === "abandoned");
  return (
    <>
      <SelectField
        label="What"
        name="versionId"
        error={problems.versionId}
        defaultValue={textOf(fields, "versionId")}
        options={[
          { value: "", label: "The whole secret, with all its versions" },
          ...there.map(({ versionId, objectName }) => ({ value: versionId ?? "", label: `Only ${objectName}` })),
        ]}
      />
      <CheckField
        name="isStackConfirmed"
        value="yes"
        defaultChecked={textOf(fields, "isStackConfirmed") !== ""}
        label="No stack that is still deployed names it"
        hint="A stack that does would fail at its next deploy, or bring the old value back."
      />
    </>
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

function AdoptOptions({ fields, problems }: Props) {
  return (
    <div className="grid gap-4 md:grid-cols-2">
      <Field
        label="Name"
        name="name"
        error={problems.name}
        maxLength={64}
        defaultValue={textOf(fields, "name")}
        spellCheck={false}
      />
      <Field
        label="Owner"
        name="owner"
        error={problems.owner}
        defaultValue={textOf(fields, "owner")}
        placeholder="a team, or a person"
      />
    </div>
  );
}

function kept({ settings }: SecretView): string | undefined {
  if (settings?.oldValueStaysValid == null) return undefined;
  return settings.oldValueStaysValid ? "yes" : "no";
}
