"use client";

import { ChoiceChip } from "#components/filters/choice-chip.tsx";
import { FilterForm } from "#components/filters/filter-form.tsx";
import { type Query, textIn } from "#components/filters/query.ts";
import { operationStates } from "#components/operation-status.tsx";
import { filterNames, kinds } from "./filter.ts";

/** What the operations can be narrowed by. */
export function Filters({ query }: { query: Query }) {
  return (
    <FilterForm path="/operations" query={query} names={filterNames} placeholder="Secret, service, who">
      <ChoiceChip name="kind" label="Kind" value={textIn(query, "kind")} options={kinds} />
      <ChoiceChip name="state" label="State" value={textIn(query, "state")} options={operationStates} />
    </FilterForm>
  );
}
