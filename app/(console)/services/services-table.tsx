"use client";

import { CirclePause, TriangleAlert } from "lucide-react";
import { EmptyState } from "#components/empty-state.tsx";
import { Mono } from "#components/mono.tsx";
import { Status } from "#components/status.tsx";
import { type Choice, type Column, DataTable, type Filter } from "#components/table/data-table.tsx";
import { nameColumn } from "#components/table/name-column.tsx";
import { Tag } from "#components/tag.tsx";
import type { ServiceRow } from "#lib/inventory/schema.ts";
import { capitalised, counted } from "#lib/words.ts";
import { RotateStack } from "../secrets/rotate/links.tsx";

const columns: Column<ServiceRow>[] = [
  nameColumn("Service", "w-[22%] max-md:w-[60%]"),
  {
    id: "stack",
    title: "Stack",
    cell: ({ stack }) => <span className="text-soft">{stack ?? "–"}</span>,
    sortBy: ({ stack }) => stack ?? "",
    className: "w-[10%]",
    isWide: true,
  },
  {
    id: "kind",
    title: "Kind",
    cell: (row) => <Tag>{kindText(row)}</Tag>,
    sortBy: ({ kind }) => kind,
    className: "w-[11%]",
    isWide: true,
  },
  {
    id: "secrets",
    title: "Secrets",
    cell: ({ secrets }) =>
      secrets.length === 0 ? (
        <span className="text-faint">none</span>
      ) : (
        <span className="text-soft" title={secrets.join("\n")}>
          <Mono>{secrets.join(", ")}</Mono>
        </span>
      ),
    sortBy: ({ secrets }) => secrets.length,
    className: "w-[31%]",
    isWide: true,
  },
  {
    id: "tasks",
    title: "Tasks",
    cell: Tasks,
    sortBy: ({ running }) => running,
    className: "w-[8%] max-md:w-[32%]",
  },
  { id: "notes", title: "Worth a look", cell: Notes, isWide: true },
];

const filters: Filter<ServiceRow>[] = [
  { id: "look", label: "Worth a look", test: ({ notes }) => notes.length > 0 },
  { id: "holds", label: "Holds secrets", test: ({ secrets }) => secrets.length > 0 },
  { id: "unchecked", label: "No health check", test: ({ hasHealthCheck }) => !hasHealthCheck },
  { id: "short", label: "Short of tasks", test: ({ standing }) => standing === "short" },
  { id: "paused", label: "Paused", test: ({ standing }) => standing === "paused" },
];

const choices: Choice<ServiceRow>[] = [
  { id: "stack", label: "Stack", valuesOf: ({ stack }) => (stack ? [stack] : []) },
  { id: "kind", label: "Kind", valuesOf: (row) => [kindText(row)] },
];

export function ServicesTable({ rows, mayRotate }: { rows: ServiceRow[]; mayRotate: boolean }) {
  return (
    <DataTable
      label="Services"
      rows={rows}
      columns={columns}
      filters={filters}
      choices={choices}
      keyOf={keyOf}
      hrefOf={hrefOf}
      haystackOf={haystackOf}
      underOf={underOf}
      placeholder="Name, stack, secret, target, label"
      toolsFor={(chosen) => mayRotate && <RotateStack stack={chosen("stack")} />}
      empty={<EmptyState title="No service yet" sentence="Deploy a stack to the Swarm; it appears here by itself." />}
    />
  );
}

function underOf({ stack, secrets, notes }: ServiceRow): string {
  const held = secrets.length === 0 ? "no secret" : counted(secrets.length, "secret");
  return [...notes, held, stack].filter(Boolean).join(" · ");
}

function Tasks({ running, wanted, kind }: ServiceRow) {
  if (running === 0 && kind !== "long-running") {
    return <span className="text-faint">{kind === "asleep" ? "none" : "ended"}</span>;
  }
  const text = `${running} of ${wanted}`;
  if (running >= wanted || kind !== "long-running") return <span className="num">{text}</span>;
  return (
    <Status tone="honey" icon={<TriangleAlert />}>
      {text}
    </Status>
  );
}

function Notes({ notes, standing }: ServiceRow) {
  const [first] = notes;
  if (!first) return <span className="text-faint">–</span>;
  return (
    <Status tone="honey" icon={standing === "paused" ? <CirclePause /> : <TriangleAlert />}>
      {capitalised(notes.length > 1 ? `${first}, ${notes.length - 1} more` : first)}
    </Status>
  );
}

function kindText({ kind, isJob }: ServiceRow): string {
  if (isJob) return "job";
  return kind === "runs-to-end" ? "runs to end" : kind;
}

function keyOf({ id }: ServiceRow): string {
  return id;
}

function hrefOf({ id }: ServiceRow): string {
  return `/services/${id}`;
}

function haystackOf({ name, stack, secrets, targets, labelKeys, notes }: ServiceRow): string {
  return [name, stack ?? "", ...secrets, ...targets, ...labelKeys, ...notes].join("\n").toLowerCase();
}
