import "server-only";
import { SourceFailure } from "./failure.ts";
import type { AnswerTooLong } from "./reach.ts";

export type NetworkReason = "unreachable" | "address-refused" | "certificate" | "broken-answer";

/** What it means that a source gave no answer, or none that can be read. */
export function networkFailure(name: string, error: unknown): SourceFailure {
  if (!codesOf(error).includes(tooLong)) return new SourceFailure(networkReason(error), name, { cause: error });
  const sentence = `${name} answered with over 4 MiB, more than any value needs. Look at its address and the path.`;
  return new SourceFailure("broken-answer", name, { sentence, cause: error });
}

/** A refused address, a certificate, no HTTP or more of it than is read, or nobody there in time. */
export function networkReason(error: unknown): NetworkReason {
  const codes = codesOf(error);
  if (codes.includes("ERR_ADDRESS_REFUSED")) return "address-refused";
  if (codes.some(isOfCertificate)) return "certificate";
  if (codes.some((code) => code === tooLong || isOfAnotherProtocol(code))) return "broken-answer";
  return "unreachable";
}

const tooLong: AnswerTooLong["code"] = "ERR_ANSWER_TOO_LONG";

/** SDKs wrap Node's errors, sometimes more than once. */
function codesOf(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error) || depth > 4) return [];
  const { code } = error as { code?: unknown };
  const inner = error instanceof AggregateError ? error.errors : [error.cause];
  return [...(typeof code === "string" ? [code] : []), ...inner.flatMap((cause) => codesOf(cause, depth + 1))];
}

/** What OpenSSL says of a certificate, and Node of its name. */
function isOfCertificate(code: string): boolean {
  return /^(CERT_|ERR_TLS_CERT_|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$)|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY|DECRYPT|DECODE)|HOSTNAME_MISMATCH/.test(
    code,
  );
}

/** TLS where there is none, or of a kind that Skep does not speak; no HTTP. */
function isOfAnotherProtocol(code: string): boolean {
  return /^(ERR_SSL_|ERR_TLS_|EPROTO$|HPE_)/.test(code) && code !== "ERR_TLS_HANDSHAKE_TIMEOUT";
}
