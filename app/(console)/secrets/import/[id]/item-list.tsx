import Link from "next/link";
import { FactsTable } from "#components/facts-table.tsx";
import { Mono } from "#components/mono.tsx";
import type { ImportItemState, ImportItemView } from "#lib/imports/schema.ts";
import { ItemStatus } from "../import-status.tsx";
import { takeText } from "../words.ts";
import { RetryOne } from "./import-buttons.tsx";

/** What needs somebody stands first; the rest as it was chosen. */
const ranks: Record<ImportItemState, number> = { failed: 0, running: 1, waiting: 2, done: 3 };

export function ItemList({ importId, items }: { importId: string; items: readonly ImportItemView[] }) {
  const sorted = items.toSorted((one, other) => ranks[one.state] - ranks[other.state]);
  return (
    <FactsTable
      columns={["Secret", "Path", "Value", "State"]}
      rows={sorted.map((item) => ({
        key: item.id,
        cells: [
          <Name key="name" item={item} />,
          <span key="path" className="[overflow-wrap:anywhere]">
            <Mono>{item.path}</Mono>
          </span>,
          <span key="take" className="[overflow-wrap:anywhere]">
            <Mono>{takeText(item.take)}</Mono>
          </span>,
          <ItemStatus key="state" state={item.state} />,
        ],
        actions: item.operationId && (
          <Link href={`/operations/${item.operationId}`} className="text-soft underline underline-offset-2">
            Operation
          </Link>
        ),
        below: below(importId, item),
      }))}
    />
  );
}

function Name({ item: { name, secretId } }: { item: ImportItemView }) {
  if (secretId === null) return <Mono>{name}</Mono>;
  return (
    <Link href={`/secrets/${secretId}`} className="font-medium hover:underline">
      <Mono>{name}</Mono>
    </Link>
  );
}

function below(importId: string, { id, state, sentence, name, isMade }: ImportItemView) {
  if (state === "failed") {
    return (
      <div className="grid gap-2">
        <p className="text-red">{sentence}</p>
        <RetryOne importId={importId} itemId={id} name={name} isMade={isMade} />
      </div>
    );
  }
  return state === "waiting" && sentence ? <p className="text-soft">{sentence}</p> : null;
}
