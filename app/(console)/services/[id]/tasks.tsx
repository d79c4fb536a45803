import { Check, Clock, RotateCw, TriangleAlert, X } from "lucide-react";
import type { ReactNode } from "react";
import { Ago } from "#components/ago.tsx";
import { Card, CardHeader } from "#components/card.tsx";
import { FactsTable } from "#components/facts-table.tsx";
import { LogsHint } from "#components/logs-hint.tsx";
import { Mono } from "#components/mono.tsx";
import { Status, type Tone } from "#components/status.tsx";
import type { ServiceView } from "#lib/inventory/schema.ts";
import { counted } from "#lib/words.ts";

/** Its tasks as the Swarm tells them, with the words of those that failed. */
export function Tasks({ service: { tasks, name } }: { service: ServiceView }) {
  const errors = tasks.map(({ error }) => error ?? "").join("; ");
  return (
    <Card>
      <CardHeader title="Tasks">{counted(tasks.length, "task")}, ended ones too</CardHeader>
      {tasks.length === 0 ? (
        <p className="px-[14px] pb-4 text-soft">It has no task just now.</p>
      ) : (
        <FactsTable
          columns={["Task", "Node", "State", "Since"]}
          rows={tasks.map(({ id, slot, node, state, since, error }) => ({
            key: id,
            cells: [
              <Mono key="name">
                {name}
                {slot !== null && `.${slot}`}
              </Mono>,
              <span key="node" className="text-soft">
                {node || "–"}
              </span>,
              <TaskState key="state" state={state} />,
              <span key="since" className="text-faint">
                <Ago at={since} />
              </span>,
            ],
            below: error && <span className="text-red">{error}</span>,
          }))}
        />
      )}
      <div className="px-[14px] py-2.5 empty:hidden">
        <LogsHint serviceName={name} error={errors} />
      </div>
    </Card>
  );
}

function TaskState({ state }: { state: string }) {
  const [tone, icon] = lookOf(state);
  return (
    <Status tone={tone} icon={icon}>
      {state}
    </Status>
  );
}

/** Docker's own words for states; those that it may add later look like one that is on its way. */
function lookOf(state: string): [Tone, ReactNode] {
  if (state === "running") return ["green", <Check key="icon" />];
  if (state === "failed" || state === "rejected") return ["red", <TriangleAlert key="icon" />];
  if (state === "orphaned") return ["honey", <TriangleAlert key="icon" />];
  if (state === "complete") return ["neutral", <Check key="icon" />];
  if (state === "shutdown" || state === "remove") return ["neutral", <X key="icon" />];
  return state === "pending" ? ["neutral", <Clock key="icon" />] : ["blue", <RotateCw key="icon" />];
}
