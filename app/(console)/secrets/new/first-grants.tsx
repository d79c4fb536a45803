import { CheckField } from "#components/check-field.tsx";
import { Disclosure } from "#components/disclosure.tsx";
import { Mono } from "#components/mono.tsx";
import { SelectField } from "#components/select-field.tsx";
import type { ServiceRow } from "#lib/inventory/schema.ts";
import type { Plan } from "#lib/operations/schema.ts";
import { type Fields, listOf, textOf } from "../plan/fields.ts";
import { GrantFields, grantedIn } from "../plan/grant-fields.tsx";
import type { Problems } from "../plan/problems.ts";

/** Who gets it at once, each with its own file, owner and mode. */
export function FirstGrants({
  fields,
  problems,
  services,
  plan,
}: {
  fields: Fields;
  problems: Problems;
  services: ServiceRow[];
  plan: Plan | null;
}) {
  const chosen = listOf(fields, "grantTo");
  const byId = new Map(services.map((service) => [service.id, service]));
  const others = services.filter(({ id }) => !chosen.includes(id));
  return (
    <Disclosure
      title="Grant it right away"
      now={chosen.map((id) => byId.get(id)?.name ?? id).join(", ") || "to nobody yet"}
      isOpen={chosen.length > 0}
    >
      {chosen.map((id, place) => (
        <div key={id} className="grid gap-2.5 border-line border-b pb-4">
          <CheckField
            name="grantTo[]"
            value={id}
            defaultChecked
            label={<Mono>{byId.get(id)?.name ?? "a service that is gone"}</Mono>}
          />
          <GrantFields
            fields={fields}
            problems={problems}
            suffix={`:${id}`}
            at={`grants.${place}.`}
            usual={grantedIn(plan, id) ?? { target: textOf(fields, "name") || "the name of the secret" }}
          />
        </div>
      ))}
      <SelectField
        key={chosen.join(" ")}
        label={chosen.length === 0 ? "Service" : "Another service"}
        name="grantTo[]"
        defaultValue=""
        hint="Left empty, the file has the secret's name. A service that runs as a numeric user gets it as its own with 0400, another one with 0444."
        options={[
          { value: "", label: "Choose a service" },
          ...others.map(({ id, name }) => ({ value: id, label: name })),
        ]}
      />
    </Disclosure>
  );
}
