import { Ban, Clock, TriangleAlert } from "lucide-react";
import type { Plan, PlannedChange, PlanWarning } from "#lib/operations/schema.ts";
import { CodeBlock } from "../code-block.tsx";
import { Mono, Sentence } from "../mono.tsx";
import { Status } from "../status.tsx";
import { Tag } from "../tag.tsx";
import { filesOf, meanwhile, orderOf, restarts, thenSentence } from "./plan-words.ts";

/** What an action would do: services in their order, what restarts, what keeps running, what to know, and what then. */
export function PlanView({ plan }: { plan: Plan }) {
  const then = thenSentence(plan);
  return (
    <>
      {plan.changes.length > 0 && <PlanTable plan={plan} />}
      {(plan.warnings.length > 0 || then) && (
        <ul className="grid gap-2.5 border-line border-t px-5 py-4">
          {plan.warnings.map((warning) => (
            <Warning key={`${warning.code} ${warning.serviceName} ${warning.sentence}`} warning={warning} />
          ))}
          {then && (
            <li className="flex items-start gap-2.5">
              <Status tone="neutral" icon={<Clock />}>
                Then
              </Status>
              <span className="text-soft">
                <Sentence text={then} />
              </span>
            </li>
          )}
        </ul>
      )}
    </>
  );
}

function PlanTable({ plan }: { plan: Plan }) {
  return (
    <div className="overflow-x-auto border-line border-t">
      <table className="w-full border-collapse text-left">
        <thead className="text-faint text-small max-md:sr-only">
          <tr>
            {["Order", "Service", "File", "Restarts", "While it restarts"].map((title) => (
              <th key={title} scope="col" className="whitespace-nowrap px-3 py-2 font-medium first:pl-5">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {plan.changes.map((change, place) => (
            <PlanRow key={change.serviceId} change={change} order={orderOf(plan, change, place)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function PlanRow({ change, order }: { change: PlannedChange; order: string }) {
  const isLeftOut = change.leftOut !== null;
  const cell = "h-[41px] px-3 first:pl-5 max-md:h-auto max-md:py-0.5 max-md:first:pl-3";
  return (
    <tr
      className={`border-line border-t max-md:grid max-md:grid-cols-[6rem_1fr] max-md:px-2 max-md:py-2 ${isLeftOut ? "text-soft" : ""}`}
    >
      <td className={cell}>{order}</td>
      <td className={cell}>
        <span className="inline-flex flex-wrap items-center gap-1.5">
          <Mono>{change.serviceName}</Mono>
          {change.kind !== "long-running" && <Tag>{change.kind === "asleep" ? "asleep" : "runs to end"}</Tag>}
        </span>
      </td>
      <td className={cell}>
        <Mono>{filesOf(change)}</Mono>
      </td>
      <td className={cell}>{restarts(change)}</td>
      <td className={`${cell} text-soft`}>{meanwhile(change)}</td>
    </tr>
  );
}

function Warning({ warning }: { warning: PlanWarning }) {
  return (
    <li className="grid gap-2">
      <div className="flex items-start gap-2.5">
        {warning.blocks ? (
          <Status tone="red" icon={<Ban />}>
            Stop
          </Status>
        ) : (
          <Status tone="honey" icon={<TriangleAlert />}>
            Look
          </Status>
        )}
        <span>
          <Sentence text={warning.sentence} />
        </span>
      </div>
      {warning.copy && (
        <details className="md:pl-[62px]">
          <summary className="w-fit font-medium underline decoration-line2 underline-offset-2">
            {warning.copy.title}
          </summary>
          <div className="mt-2">
            <CodeBlock title={warning.copy.title} text={warning.copy.text} />
          </div>
        </details>
      )}
    </li>
  );
}
