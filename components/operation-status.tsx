import { Check, CirclePause, CircleSlash, RotateCw, TriangleAlert, Undo2, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import type { OperationOutcome, Unverified, Verification } from "#lib/audit/schema.ts";
import type { OperationState, OperationView } from "#lib/operations/schema.ts";
import { Status, type Tone } from "./status.tsx";

/** Each end in its own words. Only what was done whole has the colour of success. */
const ends: Record<OperationOutcome, { tone: Tone; icon: ReactNode; word: string }> = {
  done: { tone: "green", icon: <Check />, word: "Done" },
  "done-left-out": { tone: "honey", icon: <Check />, word: "Done, some left out" },
  undone: { tone: "honey", icon: <Undo2 />, word: "Undone" },
  "stopped-mixed": { tone: "red", icon: <TriangleAlert />, word: "Stopped, mixed" },
  "failed-nothing-changed": { tone: "red", icon: <CircleSlash />, word: "Failed, nothing changed" },
  accepted: { tone: "neutral", icon: <UserRound />, word: "Left as it is" },
};

/** What is done, and could not be seen to be healthy (R5). */
const unseen: Record<Unverified, string> = {
  "running-not-verified": "Running, not verified",
  "unverified-asleep": "Unverified, asleep",
};

/** What an operation may be found by: how far it is, or how it ended. */
export const operationStates: readonly (readonly [
  value: "open" | "needs-attention" | OperationOutcome | Unverified,
  word: string,
])[] = [
  ["needs-attention", "Needs a decision"],
  ["open", "Under way"],
  ...(Object.keys(unseen) as Unverified[]).map((verification) => [verification, unseen[verification]] as const),
  ...(Object.keys(ends) as OperationOutcome[]).map((outcome) => [outcome, ends[outcome].word] as const),
];

type Props = {
  state: OperationState;
  outcome: OperationOutcome | null;
  verification?: Verification | null;
  outage?: OperationView["outage"];
};

export function OperationStatus({ state, outcome, verification = null, outage = null }: Props) {
  if (state === "needs-attention") {
    return (
      <Status tone="red" icon={<TriangleAlert />}>
        Needs a decision
      </Status>
    );
  }
  if (outcome === null && outage) {
    return (
      <Status tone="honey" icon={<CirclePause />}>
        Standing still
      </Status>
    );
  }
  if (outcome === null) {
    return (
      <Status tone="blue" icon={<RotateCw />}>
        Under way
      </Status>
    );
  }
  if (outcome === "done" && verification !== null && verification !== "verified") {
    return (
      <Status tone="neutral" icon={<Check />}>
        {unseen[verification]}
      </Status>
    );
  }
  const { tone, icon, word } = ends[outcome];
  return (
    <Status tone={tone} icon={icon}>
      {word}
    </Status>
  );
}
