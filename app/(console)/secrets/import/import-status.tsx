import { Check, Clock, RotateCw, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Status, type Tone } from "#components/status.tsx";
import type { ImportCounts, ImportItemState } from "#lib/imports/schema.ts";

/** How far an import is: what failed is no success of the others, and what waits is not over. */
export function ImportStatus({ counts: { waiting, running, failed } }: { counts: ImportCounts }) {
  if (waiting + running > 0) return <State look={looks.running}>Under way</State>;
  if (failed > 0) return <State look={looks.failed}>Ended, some failed</State>;
  return <State look={looks.done}>Done</State>;
}

export function ItemStatus({ state }: { state: ImportItemState }) {
  return <State look={looks[state]}>{words[state]}</State>;
}

type Look = { tone: Tone; icon: ReactNode };

const looks: Record<ImportItemState, Look> = {
  waiting: { tone: "neutral", icon: <Clock /> },
  running: { tone: "blue", icon: <RotateCw /> },
  done: { tone: "green", icon: <Check /> },
  failed: { tone: "red", icon: <TriangleAlert /> },
};
const words: Record<ImportItemState, string> = {
  waiting: "Waiting",
  running: "Under way",
  done: "Made and bound",
  failed: "Failed",
};

function State({ look: { tone, icon }, children }: { look: Look; children: string }) {
  return (
    <Status tone={tone} icon={icon}>
      {children}
    </Status>
  );
}
