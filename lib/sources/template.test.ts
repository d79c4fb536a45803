import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAppError } from "#lib/errors.ts";
import { fieldsOfTemplate, fillTemplate } from "./template.ts";

function fill(template: string, fields: Record<string, string>): string {
  return fillTemplate(template, (field) => fields[field] ?? `(${field}?)`);
}

describe("a template", () => {
  it.each([
    ["postgres://{{user}}:{{password | url}}@db/shop", "postgres://a da:p%40%27ss%2Fw%C3%B6%28%29@db/shop"],
    ['{"a":{"b":{{password|json}}}}', `{"a":{"b":"p@'ss/wö()"}}`],
    ["{{{user}}}", "{a da}"],
    ["{{ user|base64 }}", "YSBkYQ=="],
    ["{{/db/0/pass word}}\r\n", "deep\r\n"],
    ["$1 {{user}} $& { } }", "$1 a da $& { } }"],
    ["{{user}}{{user}}", "a daa da"],
  ])("%j is filled in its places alone", (template, expected) => {
    const fields = { user: "a da", password: "p@'ss/wö()", "/db/0/pass word": "deep" };
    expect(fill(template, fields)).toBe(expected);
  });

  it("puts in what a field holds, whatever that looks like", () => {
    for (const text of ["{{password}}", "{{user | json}}", "$&", "$1$$$<a>", "}}", "{{"]) {
      expect(fill("<{{user}}>{{password}}", { user: text, password: "x" })).toBe(`<${text}>x`);
    }
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(fill("a{{user}}b", { user: text })).toBe(`a${text}b`);
      }),
    );
  });

  it("names its fields, each once", () => {
    expect(fieldsOfTemplate("{{user}}:{{ password | url }}@{{user|json}}/{{/a/b}}")).toEqual([
      "user",
      "password",
      "/a/b",
    ]);
  });

  it.each([
    ...["", "no place", "{{}}", "{{ }}", "{{user", "{user}}:{{a}}", "{{a}}:{{b", "{{a}}:{b}}", "{{a{b}}", "{{a|}}"],
    ...["{{a | upper}}", "{{a | constructor}}", "{{a|tostring}}", "{{a | URL}}", "{{a|url|json}}", "{{a|__proto__}}"],
  ])("%j is refused in words, and never half filled", (template) => {
    for (const read of [fieldsOfTemplate, (text: string) => fill(text, {})]) {
      expect(() => read(template)).toThrow(
        expect.toSatisfy((error: unknown) => isAppError(error, "invalid-input") && error.field === "template"),
      );
    }
  });

  it("is read in a moment, however odd it is", () => {
    const started = performance.now();
    for (const odd of [`{{${" ".repeat(4000)}`, "{{".repeat(2000), `{{a${" |".repeat(2000)}`]) {
      expect(() => fieldsOfTemplate(odd)).toThrow();
    }
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
