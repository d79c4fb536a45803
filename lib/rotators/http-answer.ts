import "server-only";
import { memberOf, parseJson } from "#lib/sources/json.ts";
import type { Answer } from "#lib/sources/reach.ts";
import { RotatorFailure, type RotatorReason } from "./failure.ts";

/** Where the other side says what is wrong by a word beside the status: a wrong path is a 404, too. */
const words: Partial<Record<number, RotatorReason>> = { 404: "no-login", 409: "overtaken" };

/** What an answer means that is not "done"; null where it is. Nothing of its body is in the failure. */
export function failureOf(name: string, answer: Answer): RotatorFailure | null {
  const { status } = answer;
  if (status === 200 || status === 204) return null;
  const word = words[status];
  const reason = word && memberOf(parseJson(answer.body), "error") === word ? word : reasonOf(status);
  const sentence = sentenceOf(name, reason, status);
  return new RotatorFailure(reason, name, sentence === null ? {} : { sentence });
}

/** Whether the login accepts the password. An answer that does not say so is none. */
export function acceptedIn(name: string, answer: Answer): boolean {
  const accepted = memberOf(parseJson(answer.body), "accepted");
  if (typeof accepted === "boolean") return accepted;
  const sentence = `${name} does not say whether the login accepts the password. Let it answer the step test as docs/rotators.md says.`;
  throw new RotatorFailure("broken-answer", name, { sentence });
}

function reasonOf(status: number): RotatorReason {
  if (status === 401) return "sign-in";
  if (status === 403) return "forbidden";
  if (status === 422) return "refused";
  return status === 429 || status >= 500 ? "failing" : "broken-answer";
}

/** Where the words of other rotators would send people to the wrong place. */
function sentenceOf(name: string, reason: RotatorReason, status: number): string | null {
  if (reason === "sign-in")
    return `${name} does not take Skep's signature. Give both sides the same key, and look whether their clocks agree.`;
  if (reason !== "broken-answer") return null;
  if ([301, 302, 303, 307, 308].includes(status))
    return `${name} sends calls on to another address, which Skep does not follow. Write the final address into its settings.`;
  if ([404, 405, 410].includes(status))
    return `${name} has nothing that takes calls at its address. Correct the address in its settings.`;
  return null;
}
