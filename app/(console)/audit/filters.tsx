"use client";

import type { ReactNode } from "react";
import { outcomeWord } from "#components/event-line.tsx";
import { ChoiceChip } from "#components/filters/choice-chip.tsx";
import { FilterForm } from "#components/filters/filter-form.tsx";
import { type Query, textIn } from "#components/filters/query.ts";
import { actions, filterNames, outcomes } from "./filter.ts";

/** What the history can be narrowed by. */
export function Filters({ query, people }: { query: Query; people: { id: string; name: string }[] }) {
  const text = (name: string) => textIn(query, name);
  return (
    <FilterForm path="/audit" query={query} names={filterNames} placeholder="Person, action, secret, service">
      <ChoiceChip
        name="person"
        label="Person"
        value={text("person")}
        options={people.map(({ id, name }) => [id, name])}
      />
      <ChoiceChip
        name="action"
        label="Action"
        value={text("action")}
        options={actions.map(({ value, label }) => [value, label])}
      />
      <ChoiceChip
        name="outcome"
        label="Outcome"
        value={text("outcome")}
        options={outcomes.map((each) => [each, outcomeWord(each)])}
      />
      <TextChip name="secret" label="Secret" value={text("secret")} />
      <TextChip name="service" label="Service" value={text("service")} />
      <Day name="from" label="from (UTC)" value={text("from")} />
      <Day name="to" label="to (UTC)" value={text("to")} />
      <OutsideChip isChosen={text("outside") === "1"} />
    </FilterForm>
  );
}

type Chip = { name: string; label: string; value: string };

const chip =
  "rounded-full border border-line bg-panel px-2.5 py-0.5 text-soft has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-honey data-[chosen=true]:border-honey-line data-[chosen=true]:bg-honey-bg data-[chosen=true]:text-honey max-md:min-h-9";

function TextChip({ name, label, value }: Chip) {
  return (
    <label className={`inline-flex items-center gap-1.5 ${chip}`} data-chosen={value !== ""}>
      {label}:
      <input
        name={name}
        type="text"
        defaultValue={value}
        placeholder="any"
        spellCheck={false}
        autoComplete="off"
        className="w-24 bg-transparent font-mono outline-none placeholder:font-sans"
      />
    </label>
  );
}

function Day({ name, label, value }: Chip) {
  return (
    <label className={`inline-flex items-center gap-1.5 ${chip}`} data-chosen={value !== ""}>
      {label}
      <input name={name} type="date" defaultValue={value} className="num w-[6.9rem] bg-transparent outline-none" />
    </label>
  );
}

function OutsideChip({ isChosen }: { isChosen: boolean }): ReactNode {
  return (
    <label className={`inline-flex items-center gap-1.5 ${chip}`} data-chosen={isChosen}>
      <input
        type="checkbox"
        name="outside"
        value="1"
        defaultChecked={isChosen}
        className="size-3 accent-honey outline-none"
      />
      Only from outside Skep
    </label>
  );
}
