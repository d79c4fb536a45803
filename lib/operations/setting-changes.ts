import "server-only";
import { isSameGenerator } from "#lib/generate/schema.ts";
import { defaultNames, defaultWords } from "#lib/settings/default-words.ts";
import type { Plan, SecretSettings } from "./schema.ts";

type SettingChange = { name: string; before: string | null; after: string | null };

/** Longer ones are only said to have changed: the history would cut them, and both might read the same. */
const longestWords = 200;

/** What an edit sets to what, for the history. Of free text, and of how values are made, only that it changed. */
export function settingChanges({ record }: Plan): SettingChange[] {
  return record.flatMap((each) => (each.record === "edit" ? changesBetween(each.before, each.after) : []));
}

function changesBetween(before: SecretSettings, after: SecretSettings): SettingChange[] {
  const [old, fresh] = [wordsOf(before), wordsOf(after)];
  return changedNames(before, after).map((setting) => {
    const [from, to] = [old[setting], fresh[setting]];
    const isTold = from !== null && to !== null && from.length + to.length <= longestWords;
    return { name: names[setting], before: isTold ? from : null, after: isTold ? to : null };
  });
}

function changedNames(before: SecretSettings, after: SecretSettings): (keyof SecretSettings)[] {
  return (Object.keys(names) as (keyof SecretSettings)[]).filter((setting) =>
    setting === "generator"
      ? !isSameGenerator(before.generator, after.generator)
      : JSON.stringify(before[setting]) !== JSON.stringify(after[setting]),
  );
}

const names: Record<keyof SecretSettings, string> = {
  owner: "owner",
  tags: "tags",
  ...defaultNames,
  oldValueStaysValid: "old value stays valid",
  description: "description",
  generator: "generator",
};

function wordsOf(settings: SecretSettings): Record<keyof SecretSettings, string | null> {
  const { owner, tags, oldValueStaysValid } = settings;
  return {
    ...defaultWords(settings),
    owner: owner || "nobody",
    tags: tags.join(", ") || "none",
    oldValueStaysValid: oldValueStaysValid === null ? "to be asked" : oldValueStaysValid ? "yes" : "no",
    description: null,
    generator: null,
  };
}
