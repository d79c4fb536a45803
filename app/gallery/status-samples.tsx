import { Check, Clock, RotateCw, TriangleAlert, X } from "lucide-react";
import { ConditionStatus } from "#components/condition-status.tsx";
import { EventStatus } from "#components/event-line.tsx";
import { OperationStatus } from "#components/operation-status.tsx";
import { Section } from "#components/section.tsx";
import { Status } from "#components/status.tsx";

const conditions = [
  ["healthy", "Healthy"],
  ["rotating", "Rotating 4/6"],
  ["needs-attention", "Needs attention"],
  ["drifted", "v3 in cart"],
  ["missing", "Missing"],
  ["retiring", "Retiring"],
  ["unused", "Unused 203 d"],
  ["unmanaged", "Unmanaged"],
  ["unknown", "Not known yet"],
] as const;
const events = "intended running done undone failed mixed denied observed attention".split(" ") as EventOutcome[];
type EventOutcome = Parameters<typeof EventStatus>[0]["outcome"];
const ends = ["done", "done-left-out", "undone", "stopped-mixed", "failed-nothing-changed", "accepted"] as const;

export function StatusSamples() {
  return (
    <Section title="Statuses" sentence="An icon and a word, never a colour alone.">
      <div className="grid gap-3 p-4 [&>div]:flex [&>div]:flex-wrap [&>div]:gap-2">
        <div>
          <Status tone="green" icon={<Check />}>
            Green
          </Status>
          <Status tone="honey" icon={<Clock />}>
            Honey
          </Status>
          <Status tone="red" icon={<TriangleAlert />}>
            Red
          </Status>
          <Status tone="blue" icon={<RotateCw />}>
            Blue
          </Status>
          <Status tone="neutral" icon={<X />}>
            Neutral
          </Status>
        </div>
        <div>
          {conditions.map(([condition, text]) => (
            <ConditionStatus key={condition} condition={condition} text={text} />
          ))}
        </div>
        <div>
          {events.map((outcome) => (
            <EventStatus key={outcome} outcome={outcome} />
          ))}
        </div>
        <div>
          <OperationStatus state="needs-attention" outcome={null} />
          <OperationStatus state="open" outcome={null} />
          {ends.map((outcome) => (
            <OperationStatus key={outcome} state="ended" outcome={outcome} />
          ))}
        </div>
      </div>
    </Section>
  );
}
