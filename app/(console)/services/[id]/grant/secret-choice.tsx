"use client";

import { ButtonLink } from "#components/button.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { type Column, DataTable } from "#components/table/data-table.tsx";
import { nameColumn } from "#components/table/name-column.tsx";
import type { SecretRow } from "#lib/inventory/schema.ts";
import { haystackOf } from "../../../secrets/haystack.ts";

const columns: Column<SecretRow>[] = [
  nameColumn("Secret", "w-[45%]"),
  {
    id: "stack",
    title: "Stack",
    cell: ({ stacks }) => <span className="text-soft">{stacks.join(", ") || "–"}</span>,
    sortBy: ({ stacks }) => stacks.join(", "),
    isWide: true,
  },
  {
    id: "owner",
    title: "Owner",
    cell: ({ owner }) => <span className="text-soft">{owner || "–"}</span>,
    sortBy: ({ owner }) => owner,
  },
];

/** The managed secrets that the service does not hold; each leads to the plan of granting it. */
export function SecretChoice({ rows, serviceId }: { rows: SecretRow[]; serviceId: string }) {
  return (
    <DataTable
      label="Secrets that it does not hold"
      rows={rows}
      columns={columns}
      keyOf={keyOf}
      hrefOf={({ key }) => `/secrets/${key}/grant?serviceId=${encodeURIComponent(serviceId)}`}
      haystackOf={haystackOf}
      placeholder="Name, service, target, label, owner"
      empty={
        <EmptyState title="There is no other secret" sentence="Make one, or adopt one that is in the Swarm already.">
          <ButtonLink href="/secrets">To the secrets</ButtonLink>
        </EmptyState>
      }
    />
  );
}

function keyOf({ key }: SecretRow): string {
  return key;
}
