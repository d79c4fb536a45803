"use client";

import { ConditionStatus } from "#components/condition-status.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { Mono } from "#components/mono.tsx";
import { type Column, DataTable, type Filter } from "#components/table/data-table.tsx";

type Sample = { name: string; age: number; isDue: boolean };

const columns: Column<Sample>[] = [
  { id: "name", title: "Secret", cell: ({ name }) => <Mono>{name}</Mono>, sortBy: ({ name }) => name },
  {
    id: "age",
    title: "Age",
    cell: ({ age }) => <span className="num">{age} d</span>,
    sortBy: ({ age }) => age,
    isWide: true,
  },
  {
    id: "state",
    title: "State",
    cell: ({ isDue }) => (
      <ConditionStatus condition={isDue ? "needs-attention" : "healthy"} text={isDue ? "Due" : "Healthy"} />
    ),
  },
];
const filters: Filter<Sample>[] = [{ id: "due", label: "Due", test: ({ isDue }) => isDue }];

export function TableSample({ count }: { count: number }) {
  const rows = Array.from({ length: count }, (_, place) => ({
    name: `sample_secret_${place + 1}`,
    age: (place * 37) % 412,
    isDue: place % 9 === 0,
  }));
  return (
    <DataTable
      label={count ? "Many secrets" : "No secrets"}
      rows={rows}
      columns={columns}
      filters={filters}
      keyOf={({ name }) => name}
      hrefOf={({ name }) => `#${name}`}
      haystackOf={({ name }) => name}
      placeholder="Name"
      empty={
        <EmptyState
          title="No secret yet"
          sentence="Make the first one: its value goes to the Swarm and nowhere else."
        />
      }
    />
  );
}
