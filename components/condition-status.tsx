import { Check, CircleHelp, Clock, Link2Off, RotateCw, TriangleAlert, Undo2, X } from "lucide-react";
import type { ReactNode } from "react";
import type { SecretCondition } from "#lib/secrets/schema.ts";
import { Status, type Tone } from "./status.tsx";

const looks: Record<SecretCondition, { tone: Tone; icon: ReactNode }> = {
  healthy: { tone: "green", icon: <Check /> },
  rotating: { tone: "blue", icon: <RotateCw /> },
  "needs-attention": { tone: "red", icon: <TriangleAlert /> },
  drifted: { tone: "red", icon: <Undo2 /> },
  "service-down": { tone: "red", icon: <TriangleAlert /> },
  "service-unwell": { tone: "honey", icon: <TriangleAlert /> },
  missing: { tone: "red", icon: <TriangleAlert /> },
  retiring: { tone: "neutral", icon: <Clock /> },
  unused: { tone: "neutral", icon: <X /> },
  unmanaged: { tone: "neutral", icon: <Link2Off /> },
  unknown: { tone: "neutral", icon: <CircleHelp /> },
};

export function ConditionStatus({ condition, text }: { condition: SecretCondition; text: string }) {
  const { tone, icon } = looks[condition];
  return (
    <Status tone={tone} icon={icon}>
      {text}
    </Status>
  );
}
