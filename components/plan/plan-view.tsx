import { Ban, Clock, CloudDownload, Layers, TriangleAlert } from "lucide-react";
import type { Plan, PlannedChange, PlanWarning, WarningCode } from "#lib/operations/schema.ts";
import { CodeBlock } from "../code-block.tsx";
import { Mono, Sentence } from "../mono.tsx";
import { Status } from "../status.tsx";
import { Tag } from "../tag.tsx";
import { IncludeButton } from "./include-button.tsx";
import { filesOf, meanwhile, orderOf, restarts, restartsSaved, sourcedSentences, thenSentence } from "./plan-words.ts";

/** What an action would do: services in their order, what restarts, what keeps running, what to know, and what then. */
export function PlanView({ plan, canInclude = false }: { plan: Plan; canInclude?: boolean }) {
  const then = thenSentence(plan);
  const saved = restartsSaved(plan);
  const sourced = sourcedSentences(plan);
  const names = namesIn(plan);
  return (
    <>
      {saved && (
        <p className="flex items-center gap-2.5 border-line border-t px-5 py-3 font-medium">
          <Layers aria-hidden="true" className="size-4 shrink-0 text-honey" />
          {saved}
        </p>
      )}
      {plan.changes.length > 0 && <PlanTable plan={plan} canInclude={canInclude} />}
      {(sourced.length > 0 || plan.warnings.length > 0 || then) && (
        <ul className="grid grid-cols-[minmax(0,1fr)] gap-2.5 border-line border-t px-5 py-4">
          {sourced.map((sentence) => (
            <li key={sentence} className={wordAndSentence}>
              <Status tone="neutral" icon={<CloudDownload />}>
                Value
              </Status>
              <span>
                <Sentence text={sentence} names={names} />
              </span>
            </li>
          ))}
          {plan.warnings.map((warning) => (
            <Warning
              key={`${warning.code} ${warning.serviceName} ${warning.sentence}`}
              warning={warning}
              names={names}
            />
          ))}
          {then && (
            <li className={wordAndSentence}>
              <Status tone="neutral" icon={<Clock />}>
                Then
              </Status>
              <span className="text-soft">
                <Sentence text={then} names={names} />
              </span>
            </li>
          )}
        </ul>
      )}
    </>
  );
}

function PlanTable({ plan, canInclude }: { plan: Plan; canInclude: boolean }) {
  return (
    <div className="overflow-x-auto border-line border-t">
      <table className="w-full border-collapse text-left">
        <thead className="text-faint text-small max-md:sr-only">
          <tr>
            {columns.map((title) => (
              <th key={title} scope="col" className="whitespace-nowrap px-3 py-2 font-medium first:pl-5">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {plan.changes.map((change, place) => (
            <PlanRow
              key={change.serviceId}
              change={change}
              order={orderOf(plan, change, place)}
              canInclude={canInclude}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function PlanRow({ change, order, canInclude }: { change: PlannedChange; order: string; canInclude: boolean }) {
  const isLeftOut = change.leftOut !== null;
  return (
    <tr
      className={`border-line border-t max-md:grid max-md:grid-cols-[1fr_auto] max-md:gap-y-1 max-md:px-5 max-md:py-2.5 ${isLeftOut ? "text-soft" : ""}`}
    >
      <td className={`${cell} whitespace-nowrap max-md:order-1`}>{order}</td>
      <td className={cell}>
        <span className="inline-flex flex-wrap items-center gap-x-1.5">
          <Mono>{change.serviceName}</Mono>
          {change.kind !== "long-running" && <Tag>{change.kind === "asleep" ? "asleep" : "runs to end"}</Tag>}
        </span>
      </td>
      <td data-title={columns[2]} className={`${cell} ${named}`}>
        <span className="[overflow-wrap:anywhere]">
          <Mono>{filesOf(change)}</Mono>
        </span>
      </td>
      <td data-title={columns[3]} className={`${cell} ${named} md:whitespace-nowrap`}>
        {restarts(change)}
      </td>
      <td data-title={columns[4]} className={`${cell} ${named} text-soft md:whitespace-nowrap`}>
        {canInclude && change.leftOut === "runs-to-end" ? (
          <IncludeButton serviceId={change.serviceId} serviceName={change.serviceName} />
        ) : (
          meanwhile(change)
        )}
      </td>
    </tr>
  );
}

const columns = ["Order", "Service", "File", "Restarts", "While it restarts"];
const cell = "md:h-[41px] md:px-3 md:py-1.5 md:first:pl-5";
const named =
  "max-md:order-2 max-md:col-span-2 max-md:grid max-md:grid-cols-[8rem_minmax(0,1fr)] max-md:items-baseline max-md:before:text-faint max-md:before:content-[attr(data-title)]";

/** Whatever the plan names: services, secrets, their objects in the Swarm, and paths at sources. */
function namesIn({ changes, secrets, create, retire }: Plan): string[] {
  const names = [
    ...changes.map(({ serviceName }) => serviceName),
    ...secrets.map(({ secretName }) => secretName),
    ...create.map(({ objectName }) => objectName),
    ...create.flatMap(({ value }) => (value.from === "source" ? value.path : [])),
    ...retire.map(({ objectName }) => objectName),
  ];
  return [...new Set(names)];
}

/** Side by side, all words in one column. */
const wordAndSentence =
  "grid grid-cols-[minmax(0,1fr)] items-start gap-x-2.5 gap-y-1 md:grid-cols-[104px_minmax(0,1fr)] [&>:first-child]:justify-self-start";

/** What a warning is about, in a word: a plan with many of them is read by these. */
const about: Record<WarningCode, string> = {
  "no-health-check": "Health",
  "runs-to-end": "Runs again",
  asleep: "Asleep",
  busy: "Busy",
  "failure-action-continue": "Failure",
  "image-not-pinned": "Image",
  "stack-would-undo": "Stack",
  "read-access": "Access",
  "across-stacks": "Access",
  "rollback-restores-nothing": "Rollback",
  "one-manager": "Swarm",
  "restarts-with-downtime": "Downtime",
  "same-value": "Value",
  "old-value-must-stay-valid": "Old value",
  "password-is-one-way": "One way",
  "login-in-use": "Login in use",
  "user-not-written": "Wrong user",
  "login-stays-open": "Stays open",
  "shown-while-moving": "Shown once",
  "numeric-user-unknown": "Owner",
  "mode-unreadable": "Mode",
  "mode-shared": "Mode",
  "still-used": "In use",
  "gate-waits": "Waits",
  "version-stays": "Stays",
  "version-leaked": "Leak",
  "nothing-moves": "Nothing moves",
  "emergency-limits": "Leak",
};

function Warning({ warning, names }: { warning: PlanWarning; names: readonly string[] }) {
  return (
    <li className="grid grid-cols-[minmax(0,1fr)] gap-2">
      <div className={wordAndSentence}>
        {warning.blocks ? (
          <Status tone="red" icon={<Ban />}>
            Stop
          </Status>
        ) : (
          <Status tone="honey" icon={<TriangleAlert />}>
            {about[warning.code]}
          </Status>
        )}
        <span>
          <Sentence text={warning.sentence} names={names} />
        </span>
      </div>
      {warning.copy && (
        <details className="md:pl-[114px]">
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
