import type { FrameView } from "#lib/inventory/schema.ts";
import { counted } from "#lib/words.ts";

/** Whose secrets these are. */
export function SwarmCard({ frame }: { frame: FrameView }) {
  const { swarm, connection } = frame;
  const isConnected = connection.state === "connected";
  const tone = !isConnected ? "bg-red" : swarm.nodesDown > 0 ? "bg-honey" : "bg-green";
  return (
    <div className="rounded-lg border border-line bg-panel px-2.5 py-2">
      <b className="block truncate font-[550]">{swarm.name}</b>
      <span className="flex items-center gap-1.5 text-faint text-small">
        <i className={`size-[7px] shrink-0 rounded-full ${tone}`} aria-hidden="true" />
        {isConnected ? nodesText(swarm) : "not connected"}
      </span>
    </div>
  );
}

function nodesText({ managers, workers, nodesDown }: FrameView["swarm"]): string {
  const all = `${counted(managers, "manager")}, ${counted(workers, "worker")}`;
  return nodesDown > 0 ? `${all}, ${nodesDown} down` : all;
}
