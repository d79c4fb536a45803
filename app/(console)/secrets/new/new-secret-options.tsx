import { Disclosure } from "#components/disclosure.tsx";
import { orderText } from "#components/plan/rotation-fields.tsx";
import { RadioField } from "#components/radio-field.tsx";
import type { ServiceRow } from "#lib/inventory/schema.ts";
import type { Plan } from "#lib/operations/schema.ts";
import { AboutFields } from "../plan/about-fields.tsx";
import { type Fields, textOf } from "../plan/fields.ts";
import { GeneratorFields } from "../plan/generator-fields.tsx";
import type { Problems } from "../plan/problems.ts";
import { SettingsFields } from "../plan/settings-fields.tsx";
import { FirstGrants } from "./first-grants.tsx";
import { NameField } from "./name-field.tsx";

/** What the new secret is made of, as the address has it. */
export function NewSecretOptions({
  fields,
  services,
  plan,
  problems,
}: {
  fields: Fields;
  services: ServiceRow[];
  plan: Plan | null;
  problems: Problems;
}) {
  return (
    <>
      <NameField defaultValue={textOf(fields, "name")} error={problems.name} />
      <AboutFields fields={fields} problems={problems} />
      <RadioField
        label="The value"
        name="source"
        defaultValue={textOf(fields, "source")}
        options={[
          { value: "typed", label: "I enter it", hint: "By typing, pasting or a file." },
          { value: "generated", label: "Make one; nobody sees it", hint: "Services read it, people need not." },
          { value: "shown", label: "Make one and show it to me once", hint: "For whatever else has to know it." },
        ]}
      />
      {textOf(fields, "source") !== "typed" && <GeneratorFields fields={fields} problems={problems} />}
      <FirstGrants fields={fields} problems={problems} services={services} plan={plan} />
      <Disclosure
        title="How it will be rotated"
        now={rotationText(fields)}
        isOpen={"soakSeconds" in problems || "keepSeconds" in problems}
      >
        <SettingsFields fields={fields} problems={problems} />
      </Disclosure>
    </>
  );
}

function rotationText(fields: Fields): string {
  const order = orderText(textOf(fields, "order"));
  const soak = textOf(fields, "soakSeconds");
  return [order, ...(soak ? [`soak ${soak}`] : []), `the old version is kept ${textOf(fields, "keepSeconds")}`].join(
    ", ",
  );
}
