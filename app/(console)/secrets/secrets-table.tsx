"use client";

import { agoText, useNow } from "#components/ago.tsx";
import { Bar } from "#components/bar.tsx";
import { ButtonLink } from "#components/button.tsx";
import { ConditionStatus } from "#components/condition-status.tsx";
import { EmptyState } from "#components/empty-state.tsx";
import { Mono } from "#components/mono.tsx";
import { type Choice, type Column, DataTable, type Filter } from "#components/table/data-table.tsx";
import { nameColumn } from "#components/table/name-column.tsx";
import type { SecretRow } from "#lib/inventory/schema.ts";
import { needsAttention } from "#lib/secrets/schema.ts";
import { counted } from "#lib/words.ts";
import { haystackOf } from "./haystack.ts";
import { RotateSelected, RotateStack } from "./rotate/links.tsx";

/** Without a policy of its own, a value is expected to be younger than this. */
const expectedDays = 90;
const yearDays = 365;
/** The least of a bar that can be seen: what is young is not of no age. */
const leastShare = 0.03;

const columns: Column<SecretRow>[] = [
  nameColumn("Secret", "w-[23%] max-md:w-[52%]"),
  {
    id: "version",
    title: "Version",
    cell: ({ currentVersion }) => <Mono>{currentVersion === null ? "–" : `v${currentVersion}`}</Mono>,
    sortBy: ({ currentVersion }) => currentVersion ?? -1,
    className: "w-[6%]",
    isWide: true,
  },
  {
    id: "age",
    title: "Age, of 90 days",
    cell: ({ since }) => <Age since={since} />,
    sortBy: ({ since }) => (since ? -Date.parse(since) : 0),
    className: "w-[16%]",
    isWide: true,
  },
  {
    id: "services",
    title: "Used by",
    cell: ({ services }) =>
      services.length === 0 ? <span className="text-faint">nothing</span> : counted(services.length, "service"),
    sortBy: ({ services }) => services.length,
    className: "w-[9%]",
    isWide: true,
  },
  {
    id: "stack",
    title: "Stack",
    cell: ({ stacks }) => (
      <span className="text-soft" title={stacks.join(", ")}>
        {stacks.join(", ") || "–"}
      </span>
    ),
    sortBy: ({ stacks }) => stacks.join(", "),
    className: "w-[11%]",
    isWide: true,
  },
  {
    id: "owner",
    title: "Owner",
    cell: ({ owner }) => (
      <span className="text-soft" title={owner}>
        {owner || "–"}
      </span>
    ),
    sortBy: ({ owner }) => owner,
    className: "w-[10%]",
    isWide: true,
  },
  {
    id: "state",
    title: "State",
    cell: ({ condition, conditionText }) => (
      <span className="max-md:[&_span]:whitespace-normal max-md:[&_span]:[overflow-wrap:anywhere] max-md:[&>span>span:last-child]:line-clamp-3">
        <ConditionStatus condition={condition} text={conditionText} />
      </span>
    ),
    sortBy: ({ condition }) => condition,
  },
];

const filters: Filter<SecretRow>[] = [
  { id: "attention", label: "Needs attention", test: needsAttention },
  { id: "rotating", label: "Rotating", test: ({ condition }) => condition === "rotating" },
  { id: "unused", label: "Unused", test: ({ services }) => services.length === 0 },
  { id: "drifted", label: "Drifted", test: ({ condition }) => condition === "drifted" },
  { id: "unmanaged", label: "Unmanaged", test: ({ id }) => id === null },
];

const choices: Choice<SecretRow>[] = [
  { id: "stack", label: "Stack", valuesOf: ({ stacks }) => stacks },
  { id: "owner", label: "Owner", valuesOf: ({ owner }) => (owner ? [owner] : []) },
];

type Props = { rows: SecretRow[]; mayRotate: boolean; mayCreate: boolean };

export function SecretsTable({ rows, mayRotate, mayCreate }: Props) {
  return (
    <DataTable
      label="Secrets"
      rows={rows}
      columns={columns}
      filters={filters}
      choices={choices}
      keyOf={keyOf}
      hrefOf={hrefOf}
      haystackOf={haystackOf}
      underOf={underOf}
      placeholder="Name, service, target, label, owner"
      toolsFor={(chosen) => mayRotate && <RotateStack stack={chosen("stack")} />}
      selecting={mayRotate ? selecting : undefined}
      empty={
        <EmptyState title="No secret yet" sentence={mayCreate ? firstOne : "Nobody has made one in this Swarm."}>
          {mayCreate && (
            <ButtonLink href="/secrets/new" isPrimary>
              New secret
            </ButtonLink>
          )}
        </EmptyState>
      }
    />
  );
}

const firstOne = "Make the first one: its value goes to the Swarm and nowhere else.";

const selecting = {
  isSelectable: ({ isRotatable }: SecretRow) => isRotatable,
  nameOf: ({ name }: SecretRow) => name,
  actions: (selected: readonly SecretRow[]) => <RotateSelected secretIds={selected.map(({ key }) => key)} />,
};

function keyOf({ key }: SecretRow): string {
  return key;
}

function hrefOf({ key }: SecretRow): string {
  return `/secrets/${key}`;
}

function underOf({ currentVersion, since, services, stacks, owner }: SecretRow): string {
  const version = currentVersion === null ? null : `v${currentVersion}`;
  const users = services.length === 0 ? "used by nothing" : counted(services.length, "service");
  const age = since && agoText(since, Date.now()).replace(" ago", "");
  return [version, users, age, stacks.join(", "), owner].filter(Boolean).join(" · ");
}

function Age({ since }: { since: string | null }) {
  const now = useNow(60_000);
  if (since === null) return <span className="text-faint">–</span>;
  const days = Math.max(0, Math.floor(((now ?? Date.now()) - Date.parse(since)) / 86_400_000));
  const text = agoText(since, now ?? Date.now()).replace(" ago", "");
  const tone = days >= yearDays ? "red" : days >= expectedDays ? "honey" : "neutral";
  return (
    <span className="flex items-center gap-2.5" title={since} suppressHydrationWarning>
      <span className="num w-14 shrink-0 whitespace-nowrap" suppressHydrationWarning>
        {text}
      </span>
      <Bar
        value={Math.max(days, expectedDays * leastShare)}
        of={expectedDays}
        tone={tone}
        label={`${counted(days, "day")} old`}
      />
    </span>
  );
}
