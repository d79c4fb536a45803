import { expect, it } from "vitest";
import { samplePlan } from "./sample.ts";
import type { SecretSettings } from "./schema.ts";
import { settingChanges } from "./setting-changes.ts";

const before: SecretSettings = {
  owner: "",
  description: "of the shop",
  tags: [],
  generator: null,
  order: "one-by-one",
  soakSeconds: null,
  keepSeconds: 86_400,
  oldValueStaysValid: null,
};

it("an edit is told with what was and what shall be, free text only by name, and the rest not at all", () => {
  const after: SecretSettings = {
    ...before,
    owner: "platform",
    description: "of the new shop",
    soakSeconds: 90,
    keepSeconds: 604_800,
  };
  const plan = samplePlan({ kind: "edit", record: [{ record: "edit", secretId: "secret-db", before, after }] });
  expect(settingChanges(plan)).toEqual([
    { name: "owner", before: "nobody", after: "platform" },
    { name: "soak", before: "as the health check asks", after: "90 s" },
    { name: "keep time", before: "24 h", after: "7 days" },
    { name: "description", before: null, after: null },
  ]);
});

it("an edit is told by what is set and not by its words, and what is too long for a line by its name alone", () => {
  const edit = (over: Partial<SecretSettings>) =>
    settingChanges(samplePlan({ record: [{ record: "edit", secretId: "s", before, after: { ...before, ...over } }] }));
  expect(edit({ owner: "nobody" })).toEqual([{ name: "owner", before: "nobody", after: "nobody" }]);
  const tags = Array.from({ length: 20 }, (_, place) => `${place}`.padEnd(40, "x"));
  expect(edit({ tags })).toEqual([{ name: "tags", before: null, after: null }]);
});
