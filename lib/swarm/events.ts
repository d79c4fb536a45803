import "server-only";
import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { type ConnectOptions, connectClient } from "./client.ts";
import { isFields, numberAt, objectAt, textAt } from "./fields.ts";

/** That something happened to an object; what it is like now must be read. Events name no actor. */
export type SwarmEvent = {
  objectType: "secret" | "service" | "node";
  objectId: string;
  action: string;
  /** The engine's time in whole seconds. */
  atSeconds: number;
};

export type SwarmEvents = {
  /** Resolves when the stream is open, so that what is read after that misses nothing. It ends with the signal or the connection. */
  open(options: { sinceSeconds: number | null; signal: AbortSignal }): Promise<AsyncIterable<SwarmEvent>>;
};

export function connectEvents(options: ConnectOptions): SwarmEvents {
  const client = connectClient(options);
  return {
    async open({ sinceSeconds, signal }) {
      const query: Record<string, string> = { filters: JSON.stringify({ scope: ["swarm"], type: [...objectTypes] }) };
      if (sinceSeconds !== null) query.since = String(sinceSeconds);
      return readEvents(await client.stream({ method: "GET", path: "/events", query }, signal), signal);
    },
  };
}

const objectTypes = ["secret", "service", "node"] as const;

async function* readEvents(answer: IncomingMessage, signal: AbortSignal): AsyncGenerator<SwarmEvent> {
  try {
    for await (const line of createInterface({ input: answer, crlfDelay: Number.POSITIVE_INFINITY })) {
      const event = readEvent(line);
      if (event) yield event;
    }
  } catch (error) {
    // A cut connection is handled like any other end of the stream.
    if (!signal.aborted && !isCut(error)) throw error;
  } finally {
    answer.destroy();
  }
}

function readEvent(line: string): SwarmEvent | null {
  if (line.trim() === "") return null;
  const event: unknown = JSON.parse(line);
  if (!isFields(event)) return null;
  const objectType = objectTypes.find((type) => type === event.Type);
  const objectId = textAt(objectAt(event, "Actor"), "ID");
  if (!objectType || objectId === "") return null;
  return { objectType, objectId, action: textAt(event, "Action"), atSeconds: numberAt(event, "time") };
}

function isCut(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ECONNRESET" || error.code === "ABORT_ERR");
}
