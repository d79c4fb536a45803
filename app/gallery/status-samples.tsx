import { Check, Clock, RotateCw, TriangleAlert, X } from "lucide-react";
import { ConditionStatus } from "#components/condition-status.tsx";
import { EventStatus } from "#components/event-line.tsx";
import { OperationStatus } from "#components/operation-status.tsx";
import { Section } from "#components/section.tsx";
import { Status } from "#components/status.tsx";
import type { OperationOutcome, ShownOutcome, Verification } from "#lib/audit/schema.ts";
import type { SecretCondition } from "#lib/secrets/schema.ts";

/** Of each type whole: a status without a sample does not compile. */
const conditions: Record<SecretCondition, string> = {
  healthy: "Healthy",
  rotating: "Rotating 4/6",
  "needs-attention": "Needs a decision",
  drifted: "Drifted: v3 in cart",
  "service-down": "0 of 2 run in cart",
  "service-unwell": "Update paused in cart",
  missing: "Missing in the Swarm",
  retiring: "Waits for its removal",
  unused: "Unused",
  unmanaged: "Unmanaged",
  unknown: "Not seen yet",
};
const events: Record<ShownOutcome, true> = {
  intended: true,
  running: true,
  done: true,
  undone: true,
  failed: true,
  mixed: true,
  denied: true,
  observed: true,
  attention: true,
  "left-out": true,
  "running-not-verified": true,
  "unverified-asleep": true,
  accepted: true,
};
const ends: Record<OperationOutcome, true> = {
  done: true,
  "done-left-out": true,
  undone: true,
  "stopped-mixed": true,
  "failed-nothing-changed": true,
  accepted: true,
};

const verifications: Record<Verification, true> = {
  verified: true,
  "running-not-verified": true,
  "unverified-asleep": true,
};

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
          {namesOf(conditions).map((condition) => (
            <ConditionStatus key={condition} condition={condition} text={conditions[condition]} />
          ))}
        </div>
        <div>
          {namesOf(events).map((outcome) => (
            <EventStatus key={outcome} outcome={outcome} />
          ))}
        </div>
        <div>
          <OperationStatus state="needs-attention" outcome={null} />
          <OperationStatus state="open" outcome={null} />
          <OperationStatus state="open" outcome={null} outage={{ because: "", since: "" }} />
          {namesOf(ends).map((outcome) => (
            <OperationStatus key={outcome} state="ended" outcome={outcome} />
          ))}
          {namesOf(verifications).map((verification) => (
            <OperationStatus key={verification} state="ended" outcome="done" verification={verification} />
          ))}
        </div>
      </div>
    </Section>
  );
}

function namesOf<Name extends string>(samples: Record<Name, unknown>): Name[] {
  return Object.keys(samples) as Name[];
}
