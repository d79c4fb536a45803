import { Lock, TriangleAlert } from "lucide-react";
import type { ChainState } from "#lib/audit/schema.ts";
import { Status } from "./status.tsx";

/** Whether the history fits together, in as few words as a corner of a card has room for. */
export function ChainStatus({ chain }: { chain: ChainState }) {
  if (chain.state === "empty") return "the history";
  if (chain.state === "broken") {
    return (
      <Status tone="red" icon={<TriangleAlert />}>
        {`broken at ${chain.sequence.toLocaleString("en")}`}
      </Status>
    );
  }
  const isWhole = chain.state === "consistent";
  return (
    <Status tone={isWhole ? "green" : "honey"} icon={isWhole ? <Lock /> : <TriangleAlert />}>
      {`consistent to ${chain.upTo.toLocaleString("en")}`}
    </Status>
  );
}
