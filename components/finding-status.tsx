import { ArrowRightLeft, CircleHelp, CirclePause, Flag, RotateCw, Server, TriangleAlert, Undo2, X } from "lucide-react";
import type { ReactNode } from "react";
import type { FindingRule } from "#lib/findings/schema.ts";
import { Status, type Tone } from "./status.tsx";

type Look = {
  tone: Tone;
  icon: ReactNode;
  word: string;
  /** What sets it apart where no sentence stands beside it; left out where the word does. */
  alone?: string;
};

const looks: Record<FindingRule, Look> = {
  "operation-needs-attention": { tone: "red", icon: <TriangleAlert />, word: "Decide" },
  "operation-failed": { tone: "red", icon: <TriangleAlert />, word: "Failed" },
  "operation-running": { tone: "blue", icon: <RotateCw />, word: "Running" },
  "operation-stands-still": { tone: "honey", icon: <CirclePause />, word: "Waiting" },
  "service-short": { tone: "red", icon: <TriangleAlert />, word: "Short" },
  "service-paused": { tone: "honey", icon: <CirclePause />, word: "Paused" },
  drift: { tone: "red", icon: <Undo2 />, word: "Drifted" },
  "unused-secret": { tone: "neutral", icon: <X />, word: "Unused" },
  "secret-in-environment": { tone: "honey", icon: <Flag />, word: "Leak" },
  "manager-lost": { tone: "red", icon: <Server />, word: "Swarm", alone: "Manager lost" },
  "one-manager": { tone: "honey", icon: <Server />, word: "Swarm", alone: "One manager" },
  "no-autolock": { tone: "honey", icon: <Server />, word: "Swarm", alone: "No autolock" },
  orphan: { tone: "honey", icon: <CircleHelp />, word: "Orphan" },
  "source-failing": { tone: "red", icon: <TriangleAlert />, word: "Source", alone: "Source fails" },
  "binding-failing": { tone: "honey", icon: <TriangleAlert />, word: "Source", alone: "Nothing from source" },
  "source-newer": { tone: "honey", icon: <ArrowRightLeft />, word: "Another", alone: "Another at source" },
  "missing-object": { tone: "red", icon: <TriangleAlert />, word: "Missing" },
};

export function FindingStatus({ rule }: { rule: FindingRule }) {
  const { tone, icon, word } = looks[rule];
  return (
    <Status tone={tone} icon={icon}>
      {word}
    </Status>
  );
}

/** The same as the name of all findings of this rule. */
export function FindingKind({ rule }: { rule: FindingRule }) {
  const { tone, icon, word, alone } = looks[rule];
  return (
    <Status tone={tone} icon={icon}>
      {alone ?? word}
    </Status>
  );
}
