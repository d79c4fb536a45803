import "server-only";
import { callTimeoutSeconds, type Source } from "./contract.ts";

/** Sources that stay open, by ID, so that a login is made once, and not with each question. */
export type KeptOpen = {
  /** The one that is open, if it was opened for this edition of its settings; else the one that `open` opens. */
  get(id: string, edition: number, open: () => Promise<Source>): Promise<Source>;
  /** It is not handed out any more. Whoever has it may go on: it is closed when nobody has asked it for a whole call's time. */
  forget(id: string): void;
  /** Closes all of them at once, whoever has them. */
  close(): Promise<void>;
};

type Opened = { edition: number; source: Promise<Source>; asked: number; isClosed: boolean };

/** What cannot be closed is told to `onError`. */
export function keepOpen(onError: (id: string, error: unknown) => void): KeptOpen {
  const opened = new Map<string, Opened>();
  /** Forgotten and not yet closed. */
  const leaving = new Map<Opened, { id: string; timer: NodeJS.Timeout }>();

  async function close(id: string, entry: Opened): Promise<void> {
    clearTimeout(leaving.get(entry)?.timer);
    leaving.delete(entry);
    if (entry.isClosed) return;
    entry.isClosed = true;
    // What did not open has nothing to close, and its caller heard why.
    const source = await entry.source.catch(() => null);
    await source?.close().catch((error: unknown) => onError(id, error));
  }

  /** A round asks one question after the other, each of which ends within a call's time. */
  function closeWhenIdle(id: string, entry: Opened): void {
    const { asked } = entry;
    const look = () => (entry.asked === asked ? void close(id, entry) : closeWhenIdle(id, entry));
    leaving.set(entry, { id, timer: setTimeout(look, callTimeoutSeconds * 1000).unref() });
  }

  function forget(id: string): void {
    const entry = opened.get(id);
    opened.delete(id);
    if (entry) closeWhenIdle(id, entry);
  }

  return {
    get(id, edition, open) {
      const known = opened.get(id);
      if (known?.edition === edition) return known.source;
      forget(id);
      const entry: Opened = {
        edition,
        source: open().then((source) => counting(source, entry)),
        asked: 0,
        isClosed: false,
      };
      opened.set(id, entry);
      // What could not be opened, for want of a file, is tried again with the next question.
      entry.source.catch(() => opened.get(id) === entry && opened.delete(id));
      return entry.source;
    },
    forget,
    async close() {
      const all = [...opened, ...[...leaving].map(([entry, { id }]) => [id, entry] as const)];
      opened.clear();
      await Promise.all(all.map(([id, entry]) => close(id, entry)));
    },
  };
}

function counting(source: Source, entry: Opened): Source {
  const counted = <T>(call: Promise<T>) => {
    entry.asked += 1;
    return call;
  };
  return {
    check: () => counted(source.check()),
    browse: (folder, page) => counted(source.browse(folder, page)),
    versions: (path, since) => counted(source.versions(path, since)),
    read: (path, take, versionId) => counted(source.read(path, take, versionId)),
    close: () => source.close(),
  };
}
