import { CirclePause, TriangleAlert } from "lucide-react";
import type { FrameView } from "#lib/inventory/schema.ts";
import type { ConnectionState } from "#lib/swarm/schema.ts";
import { ClockTime } from "../clock-time.tsx";
import { Notice } from "../notice.tsx";

const reasons: Record<Extract<ConnectionState, { state: "lost" }>["reason"], { what: string; next: string }> = {
  unreachable: { what: "The Swarm does not answer.", next: "Check its managers, and the way from Skep to them." },
  "not-manager": { what: "The engine that answers is not a Swarm manager.", next: "Name a manager in DOCKER_HOST." },
  locked: { what: "The manager is locked.", next: "Unlock it with docker swarm unlock." },
  "no-leader": {
    what: "The Swarm has no leader: too few managers are up.",
    next: "Bring more than half of them back.",
  },
  "other-swarm": {
    what: "Another Swarm answers at this address than the one that Skep knows.",
    next: "An administrator decides about it in Settings, Swarm.",
  },
};

/** What holds for every page just now: the Swarm is away, nothing may be changed, automatic work is paused. */
export function Banner({ frame }: { frame: FrameView }) {
  const { connection, readOnlyReason, isAutomationPaused } = frame;
  return (
    <section
      aria-label="What holds for every page"
      className="grid gap-2 px-6 pt-4 empty:hidden max-md:px-4 print:hidden"
    >
      {connection.state === "lost" && (
        <Notice tone="red" icon={<TriangleAlert />}>
          <b className="font-semibold">{reasons[connection.reason].what}</b> Since <ClockTime at={connection.since} />.
          You see what was last known; changes are refused until it is back. {reasons[connection.reason].next} Skep
          keeps asking.
        </Notice>
      )}
      {readOnlyReason && (
        <Notice tone="red" icon={<TriangleAlert />}>
          <b className="font-semibold">Nothing can be changed.</b> {readOnlyReason}
        </Notice>
      )}
      {isAutomationPaused && (
        <Notice tone="honey" icon={<CirclePause />}>
          Automatic work is paused. What people start goes on.
        </Notice>
      )}
    </section>
  );
}
