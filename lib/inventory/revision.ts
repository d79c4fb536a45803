import "server-only";
import { oncePerProcess } from "#lib/clock.ts";
import { listen } from "#lib/db/notify.ts";
import { liveIndex } from "#lib/swarm/connect.ts";

/** Told with a number that grows whenever anything that a page shows may have changed: in the Swarm, or in Postgres. */
export type RevisionListener = (revision: number) => void;

/** Several changes at once are one refresh; longer would be felt by whoever watches a rotation. */
const gatherMilliseconds = 100;

/** Calls the listener at each change until the returned function is called. Nobody listening costs nothing. */
export function subscribeRevision(listener: RevisionListener): () => void {
  const source = revisions();
  source.listeners.add(listener);
  if (!source.stop) {
    // Nobody counted meanwhile: whoever comes back from a stream that ended has to look again.
    source.revision += 1;
    source.stop = start(source);
  }
  return () => {
    source.listeners.delete(listener);
    if (source.listeners.size > 0) return;
    source.stop?.();
    source.stop = null;
  };
}

/** Where a page begins to count from. */
export function currentRevision(): number {
  return revisions().revision;
}

type Source = { revision: number; listeners: Set<RevisionListener>; stop: (() => void) | null };

function revisions(): Source {
  return oncePerProcess("revisions", () => ({ revision: 1, listeners: new Set<RevisionListener>(), stop: null }));
}

function start(source: Source): () => void {
  let timer: NodeJS.Timeout | null = null;
  const changed = () => {
    timer ??= setTimeout(() => {
      timer = null;
      source.revision += 1;
      for (const listener of [...source.listeners]) listener(source.revision);
    }, gatherMilliseconds);
  };
  const endings = [liveIndex().subscribe(changed), listen("skep_changed", changed)];
  return () => {
    if (timer) clearTimeout(timer);
    for (const end of endings) end();
  };
}
