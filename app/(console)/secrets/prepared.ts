import "server-only";
import { isAppError } from "#lib/errors.ts";
import type { ShownPlan } from "#lib/operations/schema.ts";
import type { Actor } from "#lib/policy/schema.ts";
import type { Fields } from "./[key]/[verb]/fields.ts";

/** Any of the verbs' schemas. */
export type Parser<Input> = {
  safeParse(
    fields: Fields,
  ): { success: true; data: Input } | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } };
};

/** The plan, or why there is none: by the field that is to be mended, and what belongs to none under "". */
export type Prepared = { shown: ShownPlan } | { shown: null; problems: Record<string, string> };

export async function prepared<Input>(
  schema: Parser<Input>,
  plan: (actor: Actor, input: Input) => Promise<ShownPlan>,
  { actor, fields }: { actor: Actor; fields: Fields },
): Promise<Prepared> {
  const input = schema.safeParse(fields);
  if (!input.success) {
    const problems: Record<string, string> = {};
    for (const { path, message } of input.error.issues) problems[String(path[0] ?? "")] ??= message;
    return { shown: null, problems };
  }
  try {
    return { shown: await plan(actor, input.data) };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { shown: null, problems: { [error.field ?? ""]: error.publicMessage } };
  }
}

/** What cannot stand beside a field of the page, since the page has no such field; or that the marked ones are to be mended. */
export function sentenceFor(problems: Record<string, string>, fieldNames: readonly string[]): string | null {
  const others = Object.entries(problems).filter(([name]) => !fieldNames.includes(name));
  if (others.length > 0) return others.map(([, sentence]) => sentence).join(" ");
  return Object.keys(problems).length > 0 ? "Mend what is marked above; the plan then shows what will be done." : null;
}
