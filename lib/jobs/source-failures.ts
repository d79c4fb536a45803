import "server-only";
import { isAppError } from "#lib/errors.ts";
import type { SourceFailure } from "#lib/sources/failure.ts";

/** Not about one path: asking for the next one would only be the same again. */
export function isOfWholeSource({ reason }: SourceFailure): boolean {
  return reason !== "forbidden" && reason !== "not-found" && reason !== "no-value" && reason !== "broken-answer";
}

export function wordsOf(error: unknown): { code: string; sentence: string } {
  if (isAppError(error)) return { code: error.code, sentence: error.publicMessage };
  return { code: "unexpected", sentence: "Skep met a defect of its own; its log says where." };
}
