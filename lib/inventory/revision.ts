import "server-only";
import { oncePerProcess } from "#lib/clock.ts";
import { listen } from "#lib/db/notify.ts";
import { liveIndex } from "#lib/swarm/connect.ts";
import { readAhead } from "./memo.ts";

/** Told with a number that grows whenever anything that a page shows may have changed: in the Swarm, or in Postgres. */
export type RevisionListener = (revision: number) => void;

/** How long changes are gathered into one refresh. Longer would be noticed while watching a rotation. */
const gatherMilliseconds = 100;

/** How long counting goes on without a listener: a page is read before its stream opens, and a lost stream comes back. */
const lingerMilliseconds = 90_000;

/** Calls the listener at each change until the returned function is called. */
export function subscribeRevision(listener: RevisionListener): () => void {
  const source = counting();
  source.listeners.add(listener);
  return () => {
    source.listeners.delete(listener);
    linger(source);
  };
}

/** The revision of a page that is read now: whatever changes later has a higher number. */
export function currentRevision(): number {
  const source = counting();
  linger(source);
  return source.revision;
}

type Source = {
  revision: number;
  listeners: Set<RevisionListener>;
  stop: (() => void) | null;
  timer: NodeJS.Timeout | undefined;
};

function counting(): Source {
  const source = oncePerProcess(
    "revisions",
    (): Source => ({ revision: 1, listeners: new Set(), stop: null, timer: undefined }),
  );
  if (!source.stop) {
    // Nothing was counted meanwhile, so a page whose stream comes back has to be read again.
    source.revision += 1;
    source.stop = start(source);
  }
  return source;
}

/** Stops counting when nobody has listened for a while. */
function linger(source: Source): void {
  clearTimeout(source.timer);
  source.timer = setTimeout(() => {
    if (source.listeners.size > 0) return;
    source.stop?.();
    source.stop = null;
  }, lingerMilliseconds).unref();
}

function start(source: Source): () => void {
  let timer: NodeJS.Timeout | null = null;
  const changed = () => {
    readAhead();
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
