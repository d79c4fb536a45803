import "server-only";
import { isAppError, isLoggableError } from "#lib/errors.ts";

/** What is left of a foreign error: how its class is called, its code and its frames. */
class Trace extends Error {
  readonly code: string | number | undefined;

  constructor(error: Error, cause: unknown) {
    super("", cause === undefined ? undefined : { cause });
    this.name = nameOf(error);
    this.code = codeOf(error);
    this.stack = [this.name, ...framesOf(error)].join("\n");
  }
}

/**
 * A cause that can be kept: the text of an SDK's error, and even its name, can be what a source answered. Errors of
 * Skep's own stay as they are.
 */
export function traceOf(error: unknown, depth = 0): unknown {
  if (error === undefined || isAppError(error) || isLoggableError(error)) return error;
  if (!(error instanceof Error)) return new Trace(new Error(), undefined);
  return new Trace(error, depth < 4 ? traceOf(error.cause, depth + 1) : undefined);
}

/** An SDK names its errors after what the source said; the class is the SDK's own word. */
function nameOf(error: Error): string {
  return error instanceof DOMException ? error.name : error.constructor.name;
}

/** As Node and OpenSSL write them. */
function codeOf(error: Error): string | number | undefined {
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && /^[A-Z][A-Z0-9_]{1,63}$/.test(code)) return code;
  return typeof code === "number" ? code : undefined;
}

/** A message may hold lines that look like frames. */
function framesOf(error: Error): string[] {
  const said = new Set(error.message.split("\n"));
  return (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line) && !said.has(line));
}
