import "server-only";
import { isAppError } from "#lib/errors.ts";
import type { Facts } from "#lib/grants/facts.ts";
import type { SecretRecord } from "#lib/grants/records.ts";
import { nextNumber, objectNameOf, takenBy } from "#lib/secrets/names.ts";
import { secretName } from "#lib/secrets/schema.ts";
import { type Take, takeInput } from "#lib/sources/schema.ts";
import { fieldsOfTemplate } from "#lib/sources/template.ts";
import type { ImportItemInput, ShownItem } from "./schema.ts";

/** What may stand in the way of a row. */
export type ImportFacts = {
  objects: Pick<Facts["objects"][number], "id" | "name">[];
  records: SecretRecord[];
  /** Secrets whose values come from one of these paths already. */
  bound: { path: string; take: Take; secretName: string }[];
  /** Names that unfinished imports are going to take. */
  underWay: readonly string[];
};

/** What would come of each row, one by one: what is wrong with one is no reason to leave out another. */
export function planRows(items: readonly ImportItemInput[], facts: ImportFacts): ShownItem[] {
  const byName = Map.groupBy(items, ({ name }) => name.toLowerCase());
  const byPlace = Map.groupBy(items, placeOf);
  const underWay = new Set(facts.underWay.map((name) => name.toLowerCase()));
  const near = nearBy(facts);
  return items.map((item): ShownItem => {
    const { path, name } = item;
    const problem = (sentence: string): ShownItem => ({ path, name, objectName: null, problem: sentence });
    const wrong = wrongIn(item);
    if (wrong) return problem(wrong);
    if ((byPlace.get(placeOf(item))?.length ?? 0) > 1)
      return problem("It is twice in this list. Leave one of them out.");
    if ((byName.get(name.toLowerCase())?.length ?? 0) > 1) {
      return problem("Another one of this list gets the same name. Give one of them another name.");
    }
    const bound = facts.bound.find((each) => each.path === path && isSameTake(each.take, takeOf(item)));
    if (bound) return problem(`${bound.secretName} takes its values from there already.`);
    if (underWay.has(name.toLowerCase())) return problem("Another import makes a secret of this name just now.");
    const taken = takenBy(near(name), name);
    if (taken) return problem(taken);
    try {
      return { path, name, objectName: objectNameOf(name, nextNumber(near(name), name)), problem: null };
    } catch (error) {
      if (!isAppError(error)) throw error;
      return problem(error.publicMessage);
    }
  });
}

export function takeOf({ take, field, template }: ImportItemInput): Take {
  if (take === "whole") return { take };
  return take === "field" ? { take, field } : { take, template };
}

function wrongIn(item: ImportItemInput): string | null {
  const taken = takeInput.safeParse(takeOf(item));
  const error = secretName.safeParse(item.name).error ?? taken.error;
  if (error) return error.issues[0]?.message ?? null;
  return taken.data?.take === "template" ? wrongInTemplate(taken.data.template) : null;
}

/** Whether its fields are there is seen when the source is asked. */
function wrongInTemplate(template: string): string | null {
  try {
    fieldsOfTemplate(template);
    return null;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return error.publicMessage;
  }
}

function placeOf(item: ImportItemInput): string {
  return JSON.stringify([item.path, takeOf(item)]);
}

function isSameTake(one: Take, other: Take): boolean {
  if (one.take === "field" && other.take === "field") return one.field === other.field;
  if (one.take === "template" && other.take === "template") return one.template === other.template;
  return one.take === other.take;
}

/** Of ten thousand objects those that share a name but for its number, found once for all rows. */
function nearBy({ objects, records }: ImportFacts) {
  const bare = (name: string) => name.toLowerCase().replace(/_v\d+$/, "");
  const objectsBy = Map.groupBy(objects, ({ name }) => bare(name));
  const wholeNames = Map.groupBy(objects, ({ name }) => name.toLowerCase());
  const recordsBy = Map.groupBy(records, ({ name }) => name.toLowerCase());
  return (name: string) => {
    const key = name.toLowerCase();
    const found = new Set([...(objectsBy.get(key) ?? []), ...(wholeNames.get(key) ?? [])]);
    return { objects: [...found] as Facts["objects"], records: recordsBy.get(key) ?? [] };
  };
}
