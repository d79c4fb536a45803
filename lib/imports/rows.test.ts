import { describe, expect, it } from "vitest";
import type { SecretRecord } from "#lib/grants/records.ts";
import { type ImportFacts, planRows } from "./rows.ts";
import { type ImportItemInput, importInput, mostItems, proposedNames } from "./schema.ts";

const nothing: ImportFacts = { objects: [], records: [], bound: [], underWay: [] };

function item(path: string, name: string, over: Partial<ImportItemInput> = {}): ImportItemInput {
  return { path, name, take: "field", field: "password", template: "", ...over };
}

function record(name: string, over: Partial<SecretRecord> = {}): SecretRecord {
  return { name, removedAt: null, versions: [], ...over } as SecretRecord;
}

function object(name: string) {
  return { id: `object of ${name}`, name };
}

const problems = (items: ImportItemInput[], facts: Partial<ImportFacts> = {}) =>
  planRows(items, { ...nothing, ...facts }).map(({ problem }) => problem);

describe("the name of an imported secret", () => {
  it("is the last two parts of its path", () => {
    expect(proposedNames(["shop/prod/db", "key", "/shop//db/"])).toEqual(["prod_db", "key", "shop_db"]);
  });

  it("takes as many parts more as tell two apart, whatever their case", () => {
    expect(proposedNames(["a/shop/db", "b/shop/DB", "x/y/other"])).toEqual(["a_shop_db", "b_shop_DB", "y_other"]);
    expect(proposedNames(["a/b/c/d", "x/b/c/d", "x/c/d"])).toEqual(["a_b_c_d", "x_b_c_d", "x_c_d"]);
  });

  it("stays the same where nothing tells two apart, and comes to an end", () => {
    expect(proposedNames(["a/b", "a/b", "a b/c", "a+b/c"])).toEqual(["a_b", "a_b", "a_b_c", "a_b_c"]);
  });

  it("is one that Docker takes, with room for a version", () => {
    const paths = ["shop/db password", "ä/ö", "-/-", `shop/${"x".repeat(80)}`, "shop/db?key=1", "a/.hidden."];
    const names = proposedNames(paths);
    expect(names).toEqual(["shop_db_password", "secret", "secret", "x".repeat(58), "shop_db_key_1", "a_.hidden"]);
    expect(problems(names.map((name, place) => item(`p${place}`, name)))).toEqual([
      null,
      expect.stringContaining("same name"),
      expect.stringContaining("same name"),
      null,
      null,
      null,
    ]);
  });
});

describe("the plan of an import", () => {
  it("says which object will be made, with a number that nobody has used under this name", () => {
    const versions = [{ number: 7 }] as SecretRecord["versions"];
    const rows = planRows([item("a/db", "db"), item("a/new", "new"), item("a/old", "old")], {
      ...nothing,
      objects: [object("DB_v3"), object("db_v2_old"), object("db-admin_v9"), object("new_v1")],
      records: [record("old", { removedAt: "2026-01-01T00:00:00Z", versions })],
    });
    expect(rows.map(({ objectName }) => objectName)).toEqual(["db_v4", "new_v2", "old_v8"]);
  });

  it("names what stands in the way of a row, and of no other", () => {
    const items = [
      item("a/known", "Known"),
      item("a/foreign", "foreign"),
      item("a/wrong", "no good"),
      item("a/long", "x".repeat(59)),
      item("a/no-field", "no-field", { field: "" }),
      item("a/under-way", "under-way"),
      item("a/good", "good"),
    ];
    const facts = { records: [record("known")], objects: [object("Foreign")], underWay: ["UNDER-WAY"] };
    expect(problems(items, facts)).toEqual([
      expect.stringContaining("a secret named known already"),
      expect.stringContaining("Foreign that Skep does not manage"),
      expect.stringContaining("letters, digits"),
      expect.stringContaining("at most 58"),
      "Name the field.",
      expect.stringContaining("Another import"),
      null,
    ]);
  });

  it("finds names and places that are twice in the list", () => {
    const twice = [item("a", "one"), item("b", "ONE"), item("c", "two"), item("c", "three")];
    expect(problems(twice)).toEqual([
      expect.stringContaining("same name"),
      expect.stringContaining("same name"),
      expect.stringContaining("twice"),
      expect.stringContaining("twice"),
    ]);
    expect(problems([item("a", "user", { field: "user" }), item("a", "password")])).toEqual([null, null]);
    expect(problems([item("a", "all", { take: "whole" }), item("a", "password")])).toEqual([null, null]);
  });

  it("makes no second secret of what another one is bound to; another field there is another matter", () => {
    const bound = [{ path: "a", take: { take: "field", field: "password" } as const, secretName: "db" }];
    expect(problems([item("a", "again")], { bound })).toEqual([expect.stringMatching(/^db takes its values/)]);
    expect(problems([item("a", "user", { field: "user" }), item("b", "b")], { bound })).toEqual([null, null]);
  });

  it.each([
    ["", "Write the template."],
    ["x".repeat(4001), "A template has at most 4,000 characters."],
    ["postgres://app@db/shop", "Write each field as {{name}} or {{name | url}}, at least one."],
    ["{{user | upper}}", "A field can be written as url, json, base64 or pgpass, not as upper."],
    ["{{user}}:{{password | url}}", null],
  ])("says of the template %j what the page of a single secret would, in its row alone", (template, sentence) => {
    expect(problems([item("a", "a", { take: "template", template }), item("b", "b")])).toEqual([sentence, null]);
  });

  it("looks at nothing but what is taken: a template that was typed before does not matter", () => {
    const left = { field: "", template: "{{user | upper}}" };
    expect(problems([item("a", "a", { ...left, take: "whole" })])).toEqual([null]);
    expect(problems([item("a", "a", { ...left, field: "password" })])).toEqual([null]);
    expect(problems([item("a", "a", { ...left, take: "template", template: "{{user}}" })])).toEqual([null]);
  });

  it("tells templates of one path apart by their text, in the list and from what is bound", () => {
    const [url, pair] = ["db://{{user}}:{{password | url}}", "{{user}}:{{password}}"];
    const by = (name: string, template: string) => item("a", name, { take: "template", template });
    const twice = expect.stringContaining("twice");
    expect(problems([by("one", url), by("two", pair), item("a", "three")])).toEqual([null, null, null]);
    expect(problems([by("one", url), by("two", url)])).toEqual([twice, twice]);
    const bound = [{ path: "a", take: { take: "template", template: url } as const, secretName: "db" }];
    expect(problems([by("again", url)], { bound })).toEqual([expect.stringMatching(/^db takes its values/)]);
    expect(problems([by("pair", pair), item("a", "password")], { bound })).toEqual([null, null]);
  });

  it("is quick for as many as are allowed beside ten thousand objects", () => {
    const objects = Array.from({ length: 10_000 }, (_, place) => object(`s${place}_v1`));
    const items = Array.from({ length: mostItems }, (_, place) => item(`p/${place}`, `s${place}`));
    const began = performance.now();
    const rows = planRows(items, { ...nothing, objects });
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(rows.every(({ objectName }) => objectName?.endsWith("_v2"))).toBe(true);
  });
});

describe("a list that a form sends", () => {
  it("has at most as many as one import makes", () => {
    const items = (count: number) =>
      JSON.stringify(Array.from({ length: count }, (_, place) => item(`p/${place}`, `s${place}`)));
    expect(importInput.safeParse({ sourceId: "s", items: items(mostItems) }).success).toBe(true);
    expect(importInput.safeParse({ sourceId: "s", items: items(mostItems + 1) }).error?.issues[0]?.message).toContain(
      "500",
    );
  });
});
