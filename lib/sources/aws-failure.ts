import "server-only";
import { AppError, isAppError, LoggableError } from "#lib/errors.ts";
import { Unanswered } from "./aws-client.ts";
import { retryAfterSeconds, SourceFailure, type SourceReason } from "./failure.ts";
import { networkFailure } from "./network-failure.ts";

/** What was asked, for what has to be allowed or corrected depends on it. */
export type AwsQuestion = "describe" | "read" | "list" | "assume";

/** Names of errors in Secrets Manager's reference, in STS's, and among those that all services share. */
const meanings: Record<string, SourceReason | "deleting" | "decryption" | "input" | "page"> = {
  ResourceNotFoundException: "not-found",
  InvalidRequestException: "deleting",
  DecryptionFailure: "decryption",
  InvalidParameterException: "input",
  ValidationException: "input",
  ValidationError: "input",
  InvalidNextTokenException: "page",
  AccessDenied: "forbidden",
  AccessDeniedException: "forbidden",
  NotAuthorized: "forbidden",
  OptInRequired: "forbidden",
  RegionDisabledException: "forbidden",
  ExpiredToken: "sign-in",
  ExpiredTokenException: "sign-in",
  IncompleteSignature: "sign-in",
  IncompleteSignatureException: "sign-in",
  InvalidClientTokenId: "sign-in",
  InvalidSignatureException: "sign-in",
  MissingAuthenticationToken: "sign-in",
  MissingAuthenticationTokenException: "sign-in",
  RequestExpired: "sign-in",
  SignatureDoesNotMatch: "sign-in",
  UnrecognizedClientException: "sign-in",
  RequestLimitExceeded: "throttled",
  Throttling: "throttled",
  ThrottlingException: "throttled",
  TooManyRequestsException: "throttled",
  InternalFailure: "failing",
  InternalServiceError: "failing",
  InternalServiceFailure: "failing",
  ServiceUnavailable: "failing",
};

const forbidden: Record<AwsQuestion, (name: string) => string> = {
  describe: (name) => `${name} does not let Skep's login look at this secret. Allow it secretsmanager:DescribeSecret.`,
  read: (name) =>
    `${name} does not let Skep's login read this secret. Allow it secretsmanager:GetSecretValue, and kms:Decrypt where the secret has a key of its own.`,
  list: (name) =>
    `${name} does not let Skep's login list secrets. Allow it secretsmanager:ListSecrets, or type the name.`,
  assume: (name) =>
    `${name} does not let Skep's login assume the role. Allow it sts:AssumeRole, and let the role trust it, with the external id if it asks for one.`,
};

/** In seconds: AWS takes a signature that is at most this old, or this early. */
const skewSeconds = 300;

/** What an error of the SDK's means. Its name, its fields and its message are AWS's answer: none of them is passed on. */
export function awsFailure(
  name: string,
  error: unknown,
  asked: { question: AwsQuestion; isMachine: boolean; now: Date },
): AppError {
  if (isAppError(error)) return error;
  if (error instanceof Unanswered) return networkFailure(name, error.cause);
  const answer = answerOf(error);
  if (!answer) return new SourceFailure("broken-answer", name, { cause: error });
  const { status, headers } = answer;
  const known = nameOf(error);
  const cause = new LoggableError(`AWS answered ${status} ${known ?? "without a known name"}`);
  const pauseSeconds = retryAfterSeconds(headers["retry-after"], asked.now);
  const fails = (reason: SourceReason, sentence?: string) =>
    new SourceFailure(reason, name, { cause, pauseSeconds, ...(sentence ? { sentence } : {}) });
  const refuses = (field: string, sentence: string) => new AppError("invalid-input", sentence, { cause, field });

  const meaning = known ? meanings[known] : undefined;
  if (status >= 300 && status < 400) {
    return fails(
      "broken-answer",
      `${name} answers with a redirect, which Skep does not follow. Give the address that answers itself.`,
    );
  }
  if (status === 429) return fails("throttled");
  switch (meaning) {
    case undefined:
      return fails(status >= 500 ? "failing" : "broken-answer");
    case "deleting":
      return fails(
        "not-found",
        `The secret is scheduled for deletion at ${name}. Restore it there, or name another one.`,
      );
    case "decryption":
      return fails(
        "forbidden",
        `${name} cannot decrypt the secret with its KMS key. Look whether the key is enabled, and allow Skep's login kms:Decrypt on it.`,
      );
    case "page":
      return refuses("page", `This page of ${name} is no longer there. Begin with the first one.`);
    case "input":
      return asked.question === "assume"
        ? fails("sign-in", `${name} does not take the role. Correct its ARN and its external id.`)
        : refuses("path", `${name} does not take this path. Write the name or the ARN of a secret.`);
    case "forbidden":
      return fails("forbidden", forbidden[asked.question](name));
    case "sign-in":
      return fails("sign-in", signInSentence(name, headers.date, asked));
    default:
      return fails(meaning);
  }
}

/** The name of an error, where it is one that AWS's references list. */
export function nameOf(error: unknown): string | null {
  const { name } = error as { name?: unknown };
  return typeof name === "string" && Object.hasOwn(meanings, name) ? name : null;
}

function signInSentence(
  name: string,
  date: string | undefined,
  { isMachine, now }: { isMachine: boolean; now: Date },
): string | undefined {
  const seconds = Math.abs(Date.parse(date ?? "") - now.getTime()) / 1000;
  if (seconds > skewSeconds) {
    return `The clock of Skep's machine and that of ${name} are minutes apart, so that no signature of Skep's counts. Set the clock.`;
  }
  return isMachine ? `${name} does not take the login that Skep's machine has. Renew it there.` : undefined;
}

/** The SDK hangs the answer on each error that came of one. */
function answerOf(error: unknown): { status: number; headers: Record<string, string | undefined> } | null {
  const { $response: response } = error as { $response?: { statusCode?: unknown; headers?: unknown } };
  if (typeof response?.statusCode !== "number") return null;
  return { status: response.statusCode, headers: (response.headers ?? {}) as Record<string, string | undefined> };
}
