import { Ago } from "#components/ago.tsx";
import { Card, CardHeader } from "#components/card.tsx";
import { Mono } from "#components/mono.tsx";
import type { ServiceView } from "#lib/inventory/schema.ts";

/** Its tasks as the Swarm tells them, with the words of those that failed. */
export function Tasks({ service: { tasks, name } }: { service: ServiceView }) {
  return (
    <Card>
      <CardHeader title="Tasks">{tasks.length}</CardHeader>
      {tasks.length === 0 ? (
        <p className="px-[14px] pb-4 text-soft">It has no task just now.</p>
      ) : (
        <ul className="divide-y divide-line">
          {tasks.map(({ id, slot, node, state, since, error }) => (
            <li
              key={id}
              className="grid items-center gap-x-4 gap-y-1 px-[14px] py-2 md:grid-cols-[1.2fr_1fr_120px_110px]"
            >
              <Mono>
                {name}
                {slot !== null && `.${slot}`}
              </Mono>
              <span className="text-soft">{node}</span>
              <span>{state}</span>
              <span className="text-faint md:text-right">
                <Ago at={since} />
              </span>
              {error && <span className="text-red md:col-span-4">{error}</span>}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
