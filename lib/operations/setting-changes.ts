import "server-only";
import { isSameGenerator } from "#lib/generate/schema.ts";
import { exactDuration } from "#lib/words.ts";
import type { Plan, SecretSettings } from "./schema.ts";

type SettingChange = { name: string; before: string | null; after: string | null };

/** What an edit sets to what, for the history. Of free text, and of how values are made, only that it changed. */
export function settingChanges({ record }: Plan): SettingChange[] {
  return record.flatMap((each) => (each.record === "edit" ? changesBetween(each.before, each.after) : []));
}

function changesBetween(before: SecretSettings, after: SecretSettings): SettingChange[] {
  const told = (Object.keys(words) as (keyof typeof words)[]).map((name) => {
    return { name, before: words[name](before), after: words[name](after) };
  });
  const untold = [
    ...(before.description === after.description ? [] : ["description"]),
    ...(isSameGenerator(before.generator, after.generator) ? [] : ["generator"]),
  ];
  return [
    ...told.filter((each) => each.before !== each.after),
    ...untold.map((name) => ({ name, before: null, after: null })),
  ];
}

const words = {
  owner: ({ owner }: SecretSettings) => owner || "nobody",
  tags: ({ tags }: SecretSettings) => tags.join(", ") || "none",
  order: ({ order }: SecretSettings) => order.replaceAll("-", " "),
  soak: ({ soakSeconds }: SecretSettings) =>
    soakSeconds === null ? "as the health check asks" : exactDuration(soakSeconds),
  "keep time": ({ keepSeconds }: SecretSettings) => exactDuration(keepSeconds),
  "old value stays valid": ({ oldValueStaysValid }: SecretSettings) =>
    oldValueStaysValid === null ? "to be asked" : oldValueStaysValid ? "yes" : "no",
};
