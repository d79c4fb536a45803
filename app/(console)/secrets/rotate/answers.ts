import type { MemberView } from "#lib/inventory/schema.ts";
import { isAsked } from "#lib/rotation/schema.ts";
import { usualGenerator } from "#lib/secrets/schema.ts";
import { type Fields, generatorFields, listOf, textOf } from "../plan/fields.ts";

type Members = ReadonlyMap<string, MemberView>;

/** What sets apart the fields that answer for all secrets, where those of one bear its place. */
export const ofAll = ":all";

/** What the fields of the page show: what the address leaves open, as each secret itself or the answer for all would say. */
export function shownFields(asked: Fields, members: Members): Fields {
  const secretIds = listOf(asked, "secret");
  const usual = secretIds.map((secretId, place): Fields => {
    const suffix = `:${place}`;
    const member = members.get(secretId);
    const own = ownSource(member) ?? (secretIds.length > 1 ? null : "typed");
    const differs = listOf(asked, "differs").includes(secretId) && !(`make${suffix}` in asked);
    return {
      ...(own !== null && { [`source${suffix}`]: own }),
      ...(differs && generatorFields(member?.settings?.generator ?? usualGenerator, suffix)),
    };
  });
  return Object.assign({ [`source${ofAll}`]: "typed" }, ...usual, asked);
}

/** The same with nothing left open that was answered for all: what the plan is made of. */
export function answeredFields(shown: Fields, members: Members): Fields {
  const answers = listOf(shown, "secret").map((secretId, place): Fields => {
    const suffix = `:${place}`;
    const source = textOf(shown, `source${suffix}`) || textOf(shown, `source${ofAll}`);
    const isLeftToAll = isAsked(source) && !isAnswered(members.get(secretId));
    const oldStaysValid = textOf(shown, `oldStaysValid${suffix}`) || (isLeftToAll ? oldOfAll(shown) : "");
    return { [`source${suffix}`]: source, ...(oldStaysValid && { [`oldStaysValid${suffix}`]: oldStaysValid }) };
  });
  return Object.assign({}, shown, ...answers);
}

export function oldOfAll(fields: Fields): string {
  return textOf(fields, `oldStaysValid${ofAll}`);
}

/** Where the secret's own settings say that its values come from; null where they say nothing. */
export function ownSource(member: MemberView | undefined): string | null {
  if (member?.rotatorName) return "rotator";
  if (member?.sourceName) return "source";
  return member?.settings?.generator ? "generated" : null;
}

/** Whether an earlier answer about the old value is kept with the secret. */
export function isAnswered(member: MemberView | undefined): boolean {
  return member?.settings?.oldValueStaysValid != null;
}
