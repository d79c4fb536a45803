import "server-only";
import { isAppError } from "#lib/errors.ts";
import type { ShownPlan } from "#lib/operations/schema.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { type Fields, inputOf } from "./fields.ts";
import type { Problems } from "./problems.ts";

/** Any of the verbs' schemas. */
export type Parser<Input> = {
  safeParse(
    fields: Fields,
  ): { success: true; data: Input } | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } };
};

/** The plan, or why there is none. */
export type Prepared = { shown: ShownPlan | null; problems: Problems };

export async function prepared<Input>(
  schema: Parser<Input>,
  plan: (actor: Actor, input: Input) => Promise<ShownPlan>,
  { actor, fields }: { actor: Actor; fields: Fields },
): Promise<Prepared> {
  const input = schema.safeParse(inputOf(fields));
  if (!input.success) {
    const problems: Problems = {};
    for (const { path, message } of input.error.issues) problems[path.join(".")] ??= message;
    return { shown: null, problems };
  }
  try {
    return { shown: await plan(actor, input.data), problems: {} };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { shown: null, problems: { [error.field ?? ""]: error.publicMessage } };
  }
}

/** All that is still to be said, before anybody has said anything. */
export function openQuestions(problems: Problems): string | null {
  return Object.values(problems).join(" ") || null;
}

/** What cannot stand beside a field of the page, since the page has no such field; or that the marked ones are to be mended. */
export function sentenceFor(problems: Problems, alsoMarked: readonly string[] = []): string | null {
  const others = Object.entries(problems).filter(([name]) => !marked.test(name) && !alsoMarked.includes(name));
  if (others.length > 0) return others.map(([, sentence]) => sentence).join(" ");
  return Object.keys(problems).length > 0 ? "Mend what is marked above; the plan then shows what will be done." : null;
}

/** Fields that say themselves what is wrong with them, wherever they are. */
const marked =
  /^(name|owner|tags|description|reason|oldStaysValid(:.+)?|soakSeconds|keepSeconds|(secrets\.\d+\.)?generator\..+|grants\.\d+\.(target|uid|gid|mode)|versions\.\d+\.number)$/;
