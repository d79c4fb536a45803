import "server-only";
import pino from "pino";
import { oncePerProcess } from "#lib/clock.ts";
import { env } from "#lib/env.ts";
import { isAppError, isLoggableError } from "#lib/errors.ts";

/** What a line may carry beside its event: named scalars. Whole objects cannot be logged, so nothing unknown slips in with one. */
export type LogFacts = Record<string, string | number | boolean | null | undefined>;

/** Events are fixed words ("swarm.reconnected"), so that a log can be searched; what varies goes into the facts. */
export type Log = {
  debug(event: string, facts?: LogFacts): void;
  info(event: string, facts?: LogFacts): void;
  warn(event: string, facts?: LogFacts, error?: unknown): void;
  error(event: string, error: unknown, facts?: LogFacts): void;
};

/** JSON lines on standard error: standard output is for what Skep tells the operator. */
export function logOf(room: string): Log {
  const write = (level: pino.Level, event: string, facts?: LogFacts, error?: unknown) => {
    const line = { room, event, ...scalarsOf(facts), ...(error === undefined ? {} : { error: describeError(error) }) };
    root()[level](line);
  };
  return {
    debug: (event, facts) => write("debug", event, facts),
    info: (event, facts) => write("info", event, facts),
    warn: (event, facts, error) => write("warn", event, facts, error),
    error: (event, error, facts) => write("error", event, facts, error ?? null),
  };
}

type ErrorLine = { name: string; code?: string; message?: string; target?: string; at?: string; cause?: ErrorLine };

/**
 * What of an error may be logged. Messages are left out but for our own, because those of libraries echo their
 * arguments, and an argument can be a value.
 */
export function describeError(error: unknown, depth = 0): ErrorLine {
  if (!(error instanceof Error)) return { name: typeof error };
  const { code, target } = error as { code?: unknown; target?: unknown };
  const at = framesOf(error);
  return {
    name: cut(error.name),
    ...(typeof code === "string" || typeof code === "number" ? { code: cut(String(code)) } : {}),
    ...(isAppError(error) ? { message: cut(error.publicMessage) } : {}),
    ...(isLoggableError(error) ? { message: cut(error.message) } : {}),
    ...(typeof target === "string" && target ? { target: cut(target) } : {}),
    ...(at ? { at } : {}),
    ...(error.cause !== undefined && depth < 4 ? { cause: describeError(error.cause, depth + 1) } : {}),
  };
}

/** Only the frames: a stack begins with the message, which may be several lines long. */
function framesOf(error: Error): string {
  const lines = (error.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at .*(:\d+:\d+|<anonymous>|native)\)?$/.test(line));
  return lines
    .slice(0, 8)
    .map((line) => line.trim().slice(3))
    .join(" < ");
}

function scalarsOf(facts: LogFacts = {}): LogFacts {
  const isScalar = (fact: unknown) => fact === null || ["string", "number", "boolean"].includes(typeof fact);
  const entries = Object.entries(facts).filter(([, fact]) => isScalar(fact));
  return Object.fromEntries(entries.map(([name, fact]) => [name, typeof fact === "string" ? cut(fact) : fact]));
}

function cut(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}

function root(): pino.Logger {
  return oncePerProcess("log", () =>
    pino(
      { level: env().logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime },
      pino.destination({ fd: 2, sync: true }),
    ),
  );
}
