import "server-only";
import { AppError } from "#lib/errors.ts";
import { warning } from "#lib/grants/warnings.ts";
import type { Plan, PlanWarning } from "#lib/operations/schema.ts";
import { keepsOldValue } from "#lib/rotators/schema.ts";
import { agreeing } from "#lib/words.ts";
import { type Member, namesOf } from "./new-version.ts";
import { isAsked } from "./schema.ts";

/** R7: for a value from elsewhere only a person can know; Skep asks once for each secret, without a default, and keeps the answer. */
export function requireAnswers(members: readonly Member[]): void {
  const open = members.filter((member) => isAsked(member.input.source) && answerOf(member) === null);
  const [first] = open;
  if (!first) return;
  const sentence = `Say whether the old value${whoseOf(open, members)} goes on working while services move to the new one.`;
  throw new AppError("invalid-input", sentence, { field: `oldStaysValid:${first.record.id}` });
}

/** None of many is answered: then their names say no more than their number. */
function whoseOf(open: readonly Member[], members: readonly Member[]): string {
  if (members.length === 1) return "";
  if (open.length > 3 && open.length === members.length) return ` of each of the ${open.length} secrets`;
  return ` of ${namesOf(open.map(({ record }) => record))}`;
}

/** Whether a failure may put services back on the old value of this secret. Nobody knows better than the answer that is kept. */
export function staysValid(member: Member): boolean {
  return answerOf(member) ?? true;
}

/** While services move one after another, some run the old value and some the new one. */
export function oldValueWarning({ order, oldValueStaysValid }: Plan, members: readonly Member[]): PlanWarning[] {
  if (oldValueStaysValid) return [];
  const later =
    order === "together" ? "" : " With this order, services that wait would fail meanwhile: move them together.";
  return [warning("old-value-must-stay-valid", `${failureText(members)}${later}`)];
}

/** One dead value keeps all where they are: a service that holds it could not run with it, and half a group fits nobody. */
function failureText(members: readonly Member[]): string {
  const dead = members.filter((member) => !staysValid(member));
  if (members.length === 1)
    return "The old value stops working, so a failure puts nothing back: Skep stops there and asks you.";
  if (dead.length === members.length)
    return "The old values stop working, so a failure puts nothing back: Skep stops there and asks you.";
  const names = namesOf(dead.map(({ record }) => record));
  const [values, them] = [agreeing(dead.length, "old value", "old values"), agreeing(dead.length, "it", "them")];
  return `The ${values} of ${names} ${agreeing(dead.length, "stops", "stop")} working, so a failure puts no service back, those of the other secrets neither: Skep stops there and asks you. Rotate ${them} apart, and the others keep their way back.`;
}

function keepsOld({ attachment }: Member["record"]): boolean {
  return attachment?.settings ? keepsOldValue(attachment.settings) : false;
}

function answerOf({ record, input }: Member): boolean | null {
  // Nobody has to be asked what the rotator's settings say; in an emergency she says whether she wants it.
  if (input.source === "rotator") return keepsOld(record) && (input.oldStaysValid ?? true);
  return input.oldStaysValid ?? record.settings.oldValueStaysValid;
}
