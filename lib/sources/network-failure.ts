import "server-only";
import { SourceFailure } from "./failure.ts";

/** What it means that no answer came: a refused address, a certificate, or nobody there in time. */
export function networkFailure(name: string, error: unknown): SourceFailure {
  const codes = codesOf(error);
  if (codes.includes("ERR_ADDRESS_REFUSED")) return new SourceFailure("address-refused", name, { cause: error });
  if (codes.some(isOfCertificate)) return new SourceFailure("certificate", name, { cause: error });
  return new SourceFailure("unreachable", name, { cause: error });
}

/** SDKs wrap Node's errors, sometimes more than once. */
function codesOf(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error) || depth > 4) return [];
  const { code } = error as { code?: unknown };
  const inner = error instanceof AggregateError ? error.errors : [error.cause];
  return [...(typeof code === "string" ? [code] : []), ...inner.flatMap((cause) => codesOf(cause, depth + 1))];
}

function isOfCertificate(code: string): boolean {
  return /^(CERT_|ERR_TLS_|ERR_SSL_)|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|HOSTNAME_MISMATCH/.test(code);
}
