import Link from "next/link";
import type { EventView } from "#lib/audit/schema.ts";
import { Card, CardHeader } from "./card.tsx";
import { EventLines } from "./event-line.tsx";

type Props = {
  of: "secret" | "service";
  name: string;
  events: EventView[];
  /** Of all in the history, where it is known. */
  count?: number;
};

/** The last events of a secret or a service; nothing where there is none. The link leads to its whole history. */
export function RecentEvents({ of, name, events, count }: Props) {
  if (events.length === 0) return null;
  return (
    <Card>
      <CardHeader title="Recent events">
        <Link href={`/audit?${of}=${encodeURIComponent(name)}`} prefetch={false} className="underline">
          all {count?.toLocaleString("en")}
        </Link>
      </CardHeader>
      <EventLines events={events} />
    </Card>
  );
}
