import "server-only";
import { SourceFailure } from "./failure.ts";

/** What it means that no answer came, or none that can be read: a refused address, a certificate, no HTTP, or nobody there in time. */
export function networkFailure(name: string, error: unknown): SourceFailure {
  const codes = codesOf(error);
  if (codes.includes("ERR_ADDRESS_REFUSED")) return new SourceFailure("address-refused", name, { cause: error });
  if (codes.includes("ERR_ANSWER_TOO_LONG")) {
    const sentence = `${name} answered with over 4 MiB, more than any value needs. Look at its address and the path.`;
    return new SourceFailure("broken-answer", name, { sentence, cause: error });
  }
  if (codes.some(isOfCertificate)) return new SourceFailure("certificate", name, { cause: error });
  if (codes.some(isOfAnotherProtocol)) return new SourceFailure("broken-answer", name, { cause: error });
  return new SourceFailure("unreachable", name, { cause: error });
}

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
