import type { FrameView } from "#lib/inventory/schema.ts";
import { counted } from "#lib/words.ts";

/** Whose secrets these are. */
export function SwarmCard({ frame }: { frame: FrameView }) {
  const { swarm, connection } = frame;
  const isConnected = connection.state === "connected";
  return (
    <div className="rounded-lg border border-line bg-panel px-2.5 py-2">
      <b className="block truncate font-[550]">{swarm.name}</b>
      <span className="flex items-center gap-1.5 text-faint text-small">
        <i className={`size-[7px] shrink-0 rounded-full ${isConnected ? "bg-green" : "bg-red"}`} aria-hidden="true" />
        {isConnected ? `${counted(swarm.managers, "manager")}, ${counted(swarm.workers, "worker")}` : "not connected"}
      </span>
    </div>
  );
}
