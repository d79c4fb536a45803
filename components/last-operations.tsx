import Link from "next/link";
import type { OperationRow } from "#lib/operations/schema.ts";
import { Card, CardHeader } from "./card.tsx";
import { OperationList } from "./operation-list.tsx";

const most = 8;

/** The last operations of a secret or a service; nothing where there was none. The link leads to all that bear its name. */
export function LastOperations({ name, rows }: { name: string; rows: readonly OperationRow[] }) {
  if (rows.length === 0) return null;
  return (
    <Card>
      <CardHeader title="Operations">
        {rows.length > most && (
          <Link href={`/operations?q=${encodeURIComponent(name)}`} prefetch={false} className="underline">
            all
          </Link>
        )}
      </CardHeader>
      <OperationList rows={rows.slice(0, most)} />
    </Card>
  );
}
