import { ArrowRightLeft, CircleHelp, CirclePause, Flag, RotateCw, Server, TriangleAlert, Undo2, X } from "lucide-react";
import type { ReactNode } from "react";
import type { Finding } from "#lib/findings/schema.ts";
import { Status, type Tone } from "./status.tsx";

const looks: Record<Finding["rule"], { tone: Tone; icon: ReactNode; word: string }> = {
  "operation-needs-attention": { tone: "red", icon: <TriangleAlert />, word: "Decide" },
  "operation-failed": { tone: "red", icon: <TriangleAlert />, word: "Failed" },
  "operation-running": { tone: "blue", icon: <RotateCw />, word: "Running" },
  "operation-stands-still": { tone: "honey", icon: <CirclePause />, word: "Waiting" },
  "service-short": { tone: "red", icon: <TriangleAlert />, word: "Short" },
  "service-paused": { tone: "honey", icon: <CirclePause />, word: "Paused" },
  drift: { tone: "red", icon: <Undo2 />, word: "Drifted" },
  "unused-secret": { tone: "neutral", icon: <X />, word: "Unused" },
  "secret-in-environment": { tone: "honey", icon: <Flag />, word: "Leak" },
  "manager-lost": { tone: "red", icon: <Server />, word: "Swarm" },
  "one-manager": { tone: "honey", icon: <Server />, word: "Swarm" },
  "no-autolock": { tone: "honey", icon: <Server />, word: "Swarm" },
  orphan: { tone: "honey", icon: <CircleHelp />, word: "Orphan" },
  "source-failing": { tone: "red", icon: <TriangleAlert />, word: "Source" },
  "binding-failing": { tone: "honey", icon: <TriangleAlert />, word: "Source" },
  "source-newer": { tone: "honey", icon: <ArrowRightLeft />, word: "Another" },
  "missing-object": { tone: "red", icon: <TriangleAlert />, word: "Missing" },
};

export function FindingStatus({ finding: { rule } }: { finding: Finding }) {
  const { tone, icon, word } = looks[rule];
  return (
    <Status tone={tone} icon={icon}>
      {word}
    </Status>
  );
}
