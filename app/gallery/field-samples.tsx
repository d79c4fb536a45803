import { CheckField } from "#components/check-field.tsx";
import { Field } from "#components/field.tsx";
import { FormError } from "#components/form-error.tsx";
import { orderOptions } from "#components/plan/rotation-fields.tsx";
import { RadioField } from "#components/radio-field.tsx";
import { Section } from "#components/section.tsx";
import { SelectField } from "#components/select-field.tsx";
import { TextAreaField } from "#components/text-area-field.tsx";
import { ValueField } from "#components/value-field.tsx";

export function FieldSamples() {
  return (
    <Section title="Fields" sentence="What is wrong stands beside the field, with what to do.">
      <form className="grid gap-4 p-4 md:grid-cols-2">
        <Field name="plain" label="Name" hint="At most 58 characters." placeholder="db_password" />
        <Field
          name="wrong"
          label="Mode"
          defaultValue="0999"
          error="A mode is octal, like 0444. Use digits from 0 to 7."
        />
        <Field name="off" label="Name" defaultValue="db_password" disabled />
        <TextAreaField name="text" label="Description" hint="What it opens, and for whom." />
        <SelectField name="select" label="Order" options={orderOptions} />
        <CheckField name="check" label="Show me the value once" hint="It cannot be seen again." defaultChecked />
        <RadioField name="radio" label="Order" options={orderOptions} defaultValue="canary" />
        <RadioField
          name="none"
          label="Does the old value still work?"
          options={orderOptions}
          error="Choose one to go on."
        />
        <ValueField />
        <ValueField label="Value, refused" error="The value did not arrive. Enter it again." />
        <FormError sentence="The Swarm did not take this. Look at the plan again, then repeat." />
      </form>
    </Section>
  );
}
