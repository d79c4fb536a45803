import { z } from "zod";
import { emptyOr, identifier, listOf, ticked } from "#lib/grants/schema.ts";
import { maximumNameLength, secretName, yesOrNo } from "#lib/secrets/schema.ts";
import { type BindingMode, bindingModes } from "#lib/settings/schema.ts";
import { browseInput, type Take } from "#lib/sources/schema.ts";

/** As many as one page and one request carry, and as a person still looks through. */
export const mostItems = 500;

/** What of each becomes the value: all of it, one field, or several in a template. */
export const importTakes = ["whole", "field", "template"] as const satisfies Take["take"][];

const item = z.object({
  path: z.string().min(1).max(1024, "A path has at most 1,024 characters."),
  /** Judged row by row in the plan, as what is missing of the field, or wrong with the template. */
  name: z.string().max(255),
  take: z.enum(importTakes),
  field: z.string().trim().max(255, "A field has at most 255 characters.").default(""),
  template: z.string().default(""),
});
export type ImportItemInput = z.infer<typeof item>;

export const importInput = z.object({
  sourceId: identifier,
  items: listOf(item).refine(({ length }) => length <= mostItems, `At most ${mostItems} are imported at once.`),
});
export type ImportInput = z.infer<typeof importInput>;

export const startInput = importInput.extend({
  mode: z.enum(bindingModes, "Choose whether new versions rotate by themselves."),
  oldStaysValid: yesOrNo.pipe(
    z.boolean({ error: "Say whether the old value goes on working while services move to a new one." }),
  ),
});
export type StartInput = z.infer<typeof startInput>;

/** `all`: whatever is in the folder, not one page of it. */
export const importBrowseInput = browseInput.extend({ all: ticked });

export const importIdInput = z.object({ importId: identifier });

/** All that failed, or one; that one may get another name. */
export const retryInput = importIdInput.extend({ itemId: emptyOr(identifier), name: emptyOr(secretName) });
export type RetryInput = z.infer<typeof retryInput>;

/** A row of the plan: the object that will be made, or the sentence that says why none. */
export type ShownItem = { path: string; name: string } & (
  | { objectName: string; problem: null }
  | { objectName: null; problem: string }
);

export type ImportItemState = "waiting" | "running" | "done" | "failed";

export type ImportItemView = {
  id: string;
  path: string;
  take: Take;
  name: string;
  state: ImportItemState;
  /** Why it failed, or what it waits for. */
  sentence: string | null;
  attempts: number;
  secretId: string | null;
  operationId: string | null;
  /** Its secret is there and only its binding is missing: it keeps its name. */
  isMade: boolean;
};

export type ImportCounts = Record<ImportItemState, number>;

/** An import in the list of imports. Times are ISO 8601. */
export type ImportRow = {
  id: string;
  sourceId: string;
  sourceName: string;
  startedBy: string;
  startedAt: string;
  counts: ImportCounts;
};

export type ImportView = ImportRow & {
  mode: BindingMode;
  items: ImportItemView[];
  /** Why its source gives nothing now, and when it is asked again. */
  sourceFailure: { sentence: string; nextAskAt: string | null } | null;
};

/**
 * A name for each path, of its last two parts; where two would get the same, of as many more as tell them apart.
 * What no secret may be called becomes an underscore.
 */
export function proposedNames(paths: readonly string[]): string[] {
  const parts = paths.map((path) => path.split("/").filter((part) => part !== ""));
  const taken = parts.map(() => 2);
  const names = () => parts.map((all, place) => validName(all.slice(-(taken[place] ?? 2)).join("_")));
  for (;;) {
    const now = names();
    const count = Map.groupBy(now, (name) => name.toLowerCase());
    const growing = now.flatMap((name, place) => {
      const isAlone = (count.get(name.toLowerCase())?.length ?? 0) < 2;
      return isAlone || (taken[place] ?? 0) >= (parts[place]?.length ?? 0) ? [] : [place];
    });
    if (growing.length === 0) return now;
    for (const place of growing) taken[place] = (taken[place] ?? 2) + 1;
  }
}

/** The end of a long one is kept: that is what tells it from its neighbours. */
function validName(text: string): string {
  const plain = text.replace(/[^a-zA-Z0-9\-_.]+/g, "_").slice(-maximumNameLength);
  return plain.replace(/^[^a-zA-Z0-9]+|[^a-zA-Z0-9]+$/g, "") || "secret";
}
