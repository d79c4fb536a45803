import "server-only";
import { AppError, type ErrorCode, isAppError } from "#lib/errors.ts";
import { traceOf } from "#lib/sources/trace.ts";

export type RotatorReason =
  | "unreachable"
  | "address-refused"
  | "certificate"
  | "sign-in"
  | "forbidden"
  | "no-login"
  | "refused"
  | "overtaken"
  | "failing"
  | "broken-answer";

/** One sentence and the next step; nothing that the other side answered. */
const sentences: Record<RotatorReason, (name: string) => string> = {
  unreachable: (name) => `${name} does not answer. Look whether it runs and can be reached, then try again.`,
  "address-refused": (name) =>
    `The address of ${name} leads to a private or reserved network, which its settings do not allow. Allow private addresses for it, or correct the address.`,
  certificate: (name) =>
    `The certificate of ${name} is not one that Skep trusts. Give the file of its authority in the rotator's settings, or mend the certificate.`,
  "sign-in": (name) => `${name} does not take Skep's own login. Renew the credential in its file.`,
  forbidden: (name) => `${name} does not let Skep's login set this password. Extend its rights.`,
  "no-login": (name) => `${name} has no such login that may sign in. Make it there, or correct the rotator's settings.`,
  refused: (name) => `${name} refused the new password. Its own log says why; then try again.`,
  overtaken: (name) => `A later rotation has set this password at ${name} already. Look at the secret's operations.`,
  failing: (name) => `${name} has an error of its own; its log says more. Mend that, then try again.`,
  "broken-answer": (name) => `${name} answered in a way that Skep does not understand. Look at its address and kind.`,
};

/** The other side may be itself again in a moment. What it did before it failed nobody knows, but where the call never came to it. */
const passing: ReadonlySet<string> = new Set(["rotator-unreachable", "rotator-failing", "rotator-broken-answer"]);

/** A failure of the other side. Its words are Skep's own, and of its cause only a trace is kept. */
export class RotatorFailure extends AppError {
  readonly reason: RotatorReason;
  /** Whatever the other side has, it has not by this call, of which nothing came to it. */
  isUnsent = false;

  constructor(reason: RotatorReason, name: string, options: { sentence?: string; cause?: unknown } = {}) {
    super(`rotator-${reason}` satisfies ErrorCode, options.sentence ?? sentences[reason](name), {
      cause: traceOf(options.cause),
    });
    this.reason = reason;
  }
}

export function isRotatorFailure(error: unknown): error is RotatorFailure {
  return isAppError(error) && error.code.startsWith("rotator-");
}

/** Nothing of the call was sent: there was no connection by then, or what it had begun ends without effect. */
export function unsent(failure: RotatorFailure): RotatorFailure {
  failure.isUnsent = true;
  return failure;
}

/** Whether to ask once more may help, as the same call. */
export function mayPass(error: unknown): boolean {
  return isRotatorFailure(error) && passing.has(error.code);
}

/** Whether the call may have had its effect although it failed so. That says nothing of the calls before it. */
export function mayHaveSet(error: unknown): boolean {
  return !isRotatorFailure(error) || (passing.has(error.code) && !error.isUnsent);
}
