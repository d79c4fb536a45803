import { FilePath, Mono } from "#components/mono.tsx";
import { listOf } from "../../plan/fields.ts";
import type { OptionsProps } from "./verb.ts";

/** Nothing to choose, but to see: where the Swarm differs from the record, which is what becomes the record. */
export function TakeOverOptions({ secret: { grants }, fields }: OptionsProps) {
  const asked = listOf(fields, "serviceIds");
  const drifted = grants.filter(({ serviceId, drift }) => drift && (asked.length === 0 || asked.includes(serviceId)));
  if (drifted.length === 0) return <p>No service differs from the record any more.</p>;
  return (
    <ul className="divide-y divide-line rounded-lg border border-line bg-panel">
      {drifted.map(({ serviceId, serviceName, target, path, drift }) => (
        <li key={`${serviceId} ${target}`} className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 px-3 py-2">
          <Mono>{serviceName}</Mono>
          <span className="text-red">{drift?.text}</span>
          <span className="text-soft md:ml-auto">
            <FilePath path={path} />
          </span>
        </li>
      ))}
    </ul>
  );
}
