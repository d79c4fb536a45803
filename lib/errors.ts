/** What went wrong, in words that logs, docs and tests share. docs/map.md lists each with its sentence and next step. */
export const errorCodes = [
  "invalid-input",
  "not-signed-in",
  "forbidden",
  "throttled",
  "not-found",
  "name-taken",
  "plan-changed",
  "busy",
  "value-lost",
  "read-only",
  "swarm-unreachable",
  "swarm-not-manager",
  "swarm-locked",
  "swarm-no-leader",
  "swarm-other",
  "swarm-timeout",
  "swarm-conflict",
  "swarm-refused",
  "swarm-broken-answer",
  "source-unreachable",
  "source-address-refused",
  "source-certificate",
  "source-sealed",
  "source-standby",
  "source-throttled",
  "source-failing",
  "source-sign-in",
  "source-forbidden",
  "source-not-found",
  "source-no-value",
  "source-broken-answer",
  "rotator-unreachable",
  "rotator-address-refused",
  "rotator-certificate",
  "rotator-sign-in",
  "rotator-forbidden",
  "rotator-no-login",
  "rotator-refused",
  "rotator-overtaken",
  "rotator-failing",
  "rotator-broken-answer",
  "lease-lost",
  "database-unreachable",
  "audit-refused",
  "unexpected",
] as const;
export type ErrorCode = (typeof errorCodes)[number];

const brand = Symbol.for("skep.AppError");

/**
 * The one kind of error that reaches people. `publicMessage` is one sentence and the next step; the cause is for the log.
 * Recognised by a brand, because Next loads modules more than once and `instanceof` then says no.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly publicMessage: string;
  /** The form field that the sentence belongs to, when it belongs to one. */
  readonly field: string | undefined;
  /** All that Next tells a browser of what a page threw: the code, so that `app/error.tsx` finds words. A bug keeps Next's own. */
  readonly digest: ErrorCode | undefined;
  readonly [brand] = true;

  constructor(code: ErrorCode, publicMessage: string, options: { cause?: unknown; field?: string } = {}) {
    super(`${code}: ${publicMessage}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.publicMessage = publicMessage;
    this.field = options.field;
    this.digest = code === "unexpected" ? undefined : code;
  }
}

export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  if (typeof error !== "object" || error === null || !(brand in error)) return false;
  return code === undefined || (error as AppError).code === code;
}

const loggable = Symbol.for("skep.LoggableError");

/** An error of our own whose message is for the log: nothing that was sent is in it, and nothing that holds a value. */
export class LoggableError extends Error {
  readonly [loggable] = true;
}

export function isLoggableError(error: unknown): error is LoggableError {
  return typeof error === "object" && error !== null && loggable in error;
}
