import "server-only";
import { AppError, type ErrorCode, isAppError } from "#lib/errors.ts";
import { dateOf } from "./http-date.ts";
import { traceOf } from "./trace.ts";

/** Why a source gave nothing, and for how many seconds it is left alone when it does not say so itself. */
const pauses = {
  unreachable: 30,
  "address-refused": 600,
  certificate: 600,
  sealed: 60,
  standby: 30,
  throttled: 60,
  failing: 30,
  "sign-in": 300,
  forbidden: 300,
  "not-found": 300,
  "no-value": 300,
  "broken-answer": 300,
} as const;

export type SourceReason = keyof typeof pauses;

/** One sentence and the next step; nothing that the source answered. */
const sentences: Record<SourceReason, (name: string) => string> = {
  unreachable: (name) => `${name} does not answer. Skep asks again by itself; look whether it runs and can be reached.`,
  "address-refused": (name) =>
    `The address of ${name} leads to a private or reserved network, which its settings do not allow. Allow private addresses for it, or correct the address.`,
  certificate: (name) =>
    `The certificate of ${name} is not one that Skep trusts. Give the file of its authority in the source's settings, or mend the certificate.`,
  sealed: (name) => `${name} is sealed. Unseal it; Skep asks again by itself.`,
  standby: (name) =>
    `${name} is a standby node and hands questions on to another one. Give the address of the active node.`,
  throttled: (name) => `${name} asks for fewer questions. Skep waits as long as it says and asks again by itself.`,
  failing: (name) => `${name} has an error of its own. Skep asks again by itself; its own log says more.`,
  "sign-in": (name) => `${name} does not take Skep's login any more. Renew the credential in its file.`,
  forbidden: (name) => `${name} does not let Skep's login do this. Extend its policy.`,
  "not-found": (name) => `${name} has nothing there. Look at the path, and whether the version was deleted.`,
  "no-value": (name) => `What ${name} has there is no value that the Swarm can take. Look at the field.`,
  "broken-answer": (name) => `${name} answered in a way that Skep does not understand. Look at its address and kind.`,
};

/** A failure of a source, with how long to leave it alone. Its words are Skep's own, and of its cause only a trace is kept. */
export class SourceFailure extends AppError {
  readonly reason: SourceReason;
  readonly pauseSeconds: number;

  constructor(
    reason: SourceReason,
    name: string,
    options: { sentence?: string; pauseSeconds?: number | null; cause?: unknown } = {},
  ) {
    super(`source-${reason}` satisfies ErrorCode, options.sentence ?? sentences[reason](name), {
      cause: traceOf(options.cause),
    });
    this.reason = reason;
    this.pauseSeconds = options.pauseSeconds ?? pauses[reason];
  }
}

export function isSourceFailure(error: unknown): error is SourceFailure {
  return isAppError(error) && error.code.startsWith("source-");
}

/**
 * `Retry-After` in seconds: a number, or a date (RFC 9110, 10.2.3). At most an hour; null where there is none, or one
 * that is over by the clock here, which may not be the source's.
 */
export function retryAfterSeconds(header: string | undefined, now: Date): number | null {
  if (header === undefined) return null;
  if (/^\d+$/.test(header)) return Math.min(3600, Math.max(1, Number(header)));
  const date = dateOf(header);
  const seconds = date ? Math.ceil((date.getTime() - now.getTime()) / 1000) : 0;
  return seconds > 0 ? Math.min(3600, seconds) : null;
}
