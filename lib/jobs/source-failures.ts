import "server-only";
import { isAppError } from "#lib/errors.ts";
import type { SourceFailure } from "#lib/sources/failure.ts";

/** Whose failure it is: the source's, that of one path, or the source's only as long as it answers about no path at all. */
export function whoseFailure({ reason }: SourceFailure): "source" | "path" | "either" {
  switch (reason) {
    case "forbidden":
    case "not-found":
    case "no-value":
      return "path";
    case "failing":
    case "unreachable":
    case "broken-answer":
      return "either";
    default:
      return "source";
  }
}

/** Asking for something else there would only be the same again. */
export function isOfWholeSource(failure: SourceFailure): boolean {
  return whoseFailure(failure) !== "path" && failure.reason !== "broken-answer";
}

export function wordsOf(error: unknown): { code: string; sentence: string } {
  if (isAppError(error)) return { code: error.code, sentence: error.publicMessage };
  return { code: "unexpected", sentence: "Skep met a defect of its own; its log says where." };
}
