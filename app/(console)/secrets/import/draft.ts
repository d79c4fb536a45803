import { z } from "zod";
import { type ImportItemInput, importTakes, mostItems, proposedNames } from "#lib/imports/schema.ts";
import { bindingModes } from "#lib/settings/schema.ts";
import type { SourceKind } from "#lib/sources/schema.ts";

const take = z.enum(importTakes);
const chosen = z.object({
  path: z.string().min(1).max(1024),
  /** Without one: what is proposed for its path. */
  name: z.string().max(255).optional(),
  /** Without one: as all others. */
  take: take.optional(),
  field: z.string().max(255).optional(),
  template: z.string().optional(),
});
const draft = z.object({
  take: take.catch("field"),
  field: z.string().max(255).optional(),
  template: z.string().catch(""),
  mode: z.enum(bindingModes).catch("after-yes"),
  oldStaysValid: z.enum(["", "yes", "no"]).catch(""),
  chosen: z.array(chosen).max(mostItems).catch([]),
});
export type Chosen = z.infer<typeof chosen>;
export type Draft = Omit<z.infer<typeof draft>, "field"> & { field: string };

/**
 * What is chosen so far stands behind the # of the address: it outlives a reload, and five hundred paths are more than
 * the rest of an address carries. What somebody else wrote there counts as far as it can be read.
 */
export function readDraft(hash: string, kind: SourceKind): Draft {
  const read = draft.safeParse(parsed(hash.replace(/^#/, "")));
  const { field = kind === "http" ? "/password" : "password", ...rest } = read.data ?? draft.parse({});
  return { ...rest, field };
}

export function hashOf(kept: Draft): string {
  return encodeURIComponent(JSON.stringify(kept));
}

/** The rows as the plan is asked for them. */
export function itemsOf({ chosen: all, ...usual }: Draft): ImportItemInput[] {
  const proposed = proposedNames(all.map(({ path }) => path));
  return all.map(({ path, name, take: own, field, template }, place) => ({
    path,
    name: name ?? proposed[place] ?? "",
    take: own ?? usual.take,
    field: own === undefined ? usual.field : (field ?? usual.field),
    template: own === undefined ? usual.template : (template ?? usual.template),
  }));
}

/** Each path once, and as many as one import makes. */
export function withPaths(kept: Draft, paths: readonly string[]): Draft {
  const known = new Set(kept.chosen.map(({ path }) => path));
  const added = [...new Set(paths)].filter((path) => !known.has(path)).map((path) => ({ path }));
  return { ...kept, chosen: [...kept.chosen, ...added].slice(0, mostItems) };
}

export function withoutPath(kept: Draft, path: string): Draft {
  return { ...kept, chosen: kept.chosen.filter((each) => each.path !== path) };
}

export function withChange(kept: Draft, path: string, change: Partial<Chosen>): Draft {
  return { ...kept, chosen: kept.chosen.map((each) => (each.path === path ? { ...each, ...change } : each)) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(decodeURIComponent(text));
  } catch {
    return {};
  }
}
