import { Button, ButtonLink } from "#components/button.tsx";
import { CheckField } from "#components/check-field.tsx";
import { Field } from "#components/field.tsx";
import { SelectField } from "#components/select-field.tsx";
import { outcomes } from "./filter.ts";

type Query = Record<string, string | string[] | undefined>;

/** A plain form that goes into the address, so that a found line can be sent to somebody. */
export function Filters({ query, people }: { query: Query; people: { id: string; name: string }[] }) {
  const text = (name: string) => (typeof query[name] === "string" ? query[name] : "");
  return (
    <form method="get" className="mb-3 grid items-end gap-2.5 md:grid-cols-4 xl:grid-cols-8">
      <Field label="Search" type="search" name="q" defaultValue={text("q")} placeholder="Person, secret, service" />
      {/* On a phone the history comes first; what is set stays open. */}
      <input
        type="checkbox"
        id="more-filters"
        className="peer sr-only md:hidden"
        defaultChecked={["person", "secret", "service", "outcome", "from", "to", "outside"].some((name) => text(name))}
      />
      <label
        htmlFor="more-filters"
        className="w-fit cursor-pointer py-1 text-soft underline underline-offset-2 peer-checked:hidden peer-focus-visible:outline-2 peer-focus-visible:outline-honey md:hidden"
      >
        More filters
      </label>
      <div className="contents max-md:hidden max-md:peer-checked:contents">
        <SelectField
          label="Person"
          name="person"
          defaultValue={text("person")}
          options={[{ value: "", label: "any" }, ...people.map(({ id, name }) => ({ value: id, label: name }))]}
        />
        <Field label="Secret" name="secret" defaultValue={text("secret")} />
        <Field label="Service" name="service" defaultValue={text("service")} />
        <SelectField
          label="Outcome"
          name="outcome"
          defaultValue={text("outcome")}
          options={[{ value: "", label: "any" }, ...outcomes.map((outcome) => ({ value: outcome, label: outcome }))]}
        />
        <Field label="From" type="date" name="from" defaultValue={text("from")} />
        <Field label="To" type="date" name="to" defaultValue={text("to")} />
        <div className="flex flex-wrap items-center gap-2">
          <CheckField name="outside" value="1" defaultChecked={text("outside") === "1"} label="Only outside" />
          <Button type="submit">Filter</Button>
          <ButtonLink href="/audit">Clear</ButtonLink>
        </div>
      </div>
    </form>
  );
}
