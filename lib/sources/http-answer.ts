import "server-only";
import type { SourceSurroundings, ToldVersion } from "./contract.ts";
import { retryAfterSeconds, SourceFailure, type SourceReason } from "./failure.ts";
import { dateOf, isDate } from "./http-date.ts";
import { bareTag, isETag, type VersionFrom } from "./http-question.ts";
import { isNumber, parseJson, pointTo, textOf } from "./json.ts";
import type { Answer } from "./reach.ts";
import { longestVersionId, type SettingsOf } from "./schema.ts";

/** What a status means that is not an answer; null where it is one. */
export function failureOf(
  settings: SettingsOf<"http">,
  { name, now }: SourceSurroundings,
  answer: Answer,
): SourceFailure | null {
  const { status } = answer;
  if ([200, 203, 204].includes(status)) return null;
  if ([301, 302, 303, 307, 308].includes(status)) {
    const sentence = `${name} sends questions on to another address, which Skep does not follow. Write the final address into its settings.`;
    return new SourceFailure("broken-answer", name, { sentence });
  }
  if (status === 401 && settings.headers.every(({ credential }) => credential === null)) {
    const sentence = `${name} asks for a login. Add a header with a credential to its settings.`;
    return new SourceFailure("sign-in", name, { sentence });
  }
  return new SourceFailure(reasonOf(status), name, {
    pauseSeconds: retryAfterSeconds(answer.header("retry-after"), now()),
  });
}

/** The same of the address itself, at which nothing needs to be. */
export function checkFailureOf(
  settings: SettingsOf<"http">,
  surroundings: SourceSurroundings,
  answer: Answer,
): SourceFailure | null {
  if ([404, 405, 410].includes(answer.status)) return null;
  if (answer.status !== 403) return failureOf(settings, surroundings, answer);
  const { name } = surroundings;
  const sentence = `${name} does not take Skep's login at its address itself. Renew the credential in its file, or name an address that the login may look at.`;
  return new SourceFailure("sign-in", name, { sentence });
}

function reasonOf(status: number): SourceReason {
  if (status === 401) return "sign-in";
  if (status === 403) return "forbidden";
  if (status === 404 || status === 410) return "not-found";
  if (status === 429) return "throttled";
  return status >= 500 ? "failing" : "broken-answer";
}

/** The version that an answer is of. An answer without one is not what the settings say. */
export function versionOf(name: string, versionFrom: VersionFrom, answer: Answer): Pick<ToldVersion, "id" | "sealAs"> {
  if (versionFrom.in === "body") requireWhole(name, answer);
  const id = versionFrom.in === "header" ? answer.header(versionFrom.name) : scalarAt(answer.body, versionFrom.pointer);
  if (id && id.length <= longestVersionId) return { id, sealAs: sealAs(versionFrom, id) };
  const place = versionFrom.in === "header" ? `header ${versionFrom.name}` : `field ${versionFrom.pointer}`;
  const sentence = `${name} does not say which version its answer is: there is no ${place} that could be one. Choose in its settings what says so.`;
  throw new SourceFailure("broken-answer", name, { sentence });
}

/** Nothing of a header that counts or dates, and of which no value could be made; all else may be one, or a hash of one. */
function sealAs(versionFrom: VersionFrom, id: string): string | undefined {
  if (isETag(versionFrom)) return bareTag(id);
  return versionFrom.in === "header" && (/^\d{1,19}$/.test(id) || isDate(id)) ? undefined : id;
}

/** A text or a number; of anything else nobody can say that it is an id. */
function scalarAt(body: Buffer, pointer: string): string | null {
  const found = pointTo(parseJson(body), pointer);
  return typeof found === "string" || isNumber(found) ? textOf(found) : null;
}

/** Throws where nobody can say that the body is whole, and as it was written. */
export function requireWhole(name: string, answer: Answer): void {
  const encoding = answer.header("content-encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    const sentence = `${name} compresses what it was asked to send as it is. Switch that off there, for this address.`;
    throw new SourceFailure("broken-answer", name, { sentence });
  }
  const isMeasured = ["content-length", "transfer-encoding"].some((header) => answer.header(header) !== undefined);
  if (!isMeasured && answer.status !== 204) {
    const sentence = `${name} does not say how long its answer is, so that a part of it would look like all of it. Let it send Content-Length.`;
    throw new SourceFailure("broken-answer", name, { sentence });
  }
}

/** ISO 8601; null where the source does not say. */
export function createdAt(answer: Answer): string | null {
  return dateOf(answer.header("last-modified"))?.toISOString() ?? null;
}

/** What calls itself so in its answer, if that can be shown. */
export function softwareOf(answer: Answer): string {
  const server = answer.header("server") ?? "";
  return /^[\x20-\x7e]{1,80}$/.test(server) ? server : "HTTP";
}
