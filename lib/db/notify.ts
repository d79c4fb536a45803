import "server-only";
import pg from "pg";
import { oncePerProcess } from "#lib/clock.ts";
import { configuration } from "#lib/env.ts";
import type { Transaction } from "./client.ts";

/** `skep_operation`: the ID of an operation that has something to do. `skep_changed`: the name of a table that pages show. */
export type Channel = "skep_operation" | "skep_changed";

/** The payload, or null when the connection has just been made, or made again: anything may have happened before. */
export type Handler = (payload: string | null) => void;

/** Reaches every instance that listens, when and only when the transaction commits. */
export async function notify(tx: Transaction, channel: Channel, payload: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_notify(${channel}, ${payload})`;
}

/** Calls the handler at each notification until the returned function is called. One connection per process and database. */
export function listen(channel: Channel, handler: Handler, url = configuration().databaseUrl): () => void {
  const listeners = oncePerProcess("listeners", () => new Map<string, Listener>());
  const listener = listeners.get(url) ?? openListener(url);
  listeners.set(url, listener);
  const entry = { channel, handler };
  listener.entries.add(entry);
  return () => {
    listener.entries.delete(entry);
    if (listener.entries.size > 0 || listeners.get(url) !== listener) return;
    listeners.delete(url);
    listener.close();
  };
}

type Listener = { entries: Set<{ channel: Channel; handler: Handler }>; close(): void };

const channels: Channel[] = ["skep_operation", "skep_changed"];
/** Too short hammers a database that is starting; too long leaves pages behind after it is back. */
const reconnectSeconds = 1;
/** A connection that silently died is noticed after at most twice this. */
const probeSeconds = 15;

function openListener(url: string): Listener {
  let isClosed = false;
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | undefined;
  const listener: Listener = {
    entries: new Set(),
    close() {
      isClosed = true;
      clearTimeout(timer);
      void client?.end().catch(() => undefined);
    },
  };

  async function connect(): Promise<void> {
    const attempt = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 5000,
      query_timeout: probeSeconds * 1000,
      application_name: "skep listener",
      keepAlive: true,
    });
    client = attempt;
    attempt.on("error", () => lost(attempt));
    attempt.on("end", () => lost(attempt));
    attempt.on("notification", ({ channel, payload }) => tell(listener, channel, payload ?? ""));
    try {
      await attempt.connect();
      for (const channel of channels) await attempt.query(`LISTEN ${channel}`);
    } catch {
      return lost(attempt);
    }
    if (isClosed) return void attempt.end().catch(() => undefined);
    tell(listener, null, null);
    probe(attempt);
  }

  function probe(attempt: pg.Client): void {
    timer = setTimeout(() => {
      attempt.query("SELECT 1").then(
        () => client === attempt && !isClosed && probe(attempt),
        () => lost(attempt),
      );
    }, probeSeconds * 1000);
    timer.unref();
  }

  function lost(attempt: pg.Client): void {
    if (client !== attempt) return;
    client = null;
    clearTimeout(timer);
    void attempt.end().catch(() => undefined);
    if (isClosed) return;
    timer = setTimeout(() => void connect(), reconnectSeconds * 1000);
    timer.unref();
  }

  void connect();
  return listener;
}

function tell(listener: Listener, channel: string | null, payload: string | null): void {
  for (const entry of [...listener.entries]) if (channel === null || entry.channel === channel) entry.handler(payload);
}
