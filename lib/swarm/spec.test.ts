import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { sampleService } from "./sample.ts";
import { specFromJson, specFromText, specText } from "./spec.ts";

const text = '{"Name":"web","TaskTemplate":{"ContainerSpec":{"Env":["PASSWORD=canary"]},"Limit":9007199254740993}}';

describe("a service's spec", () => {
  it("is handed back as it was read", () => {
    expect(specText(specFromText(text))).toBe(text);
    expect(specText(specFromJson({ Name: "web", Labels: { a: "b" } }))).toBe('{"Name":"web","Labels":{"a":"b"}}');
  });

  it("shows nothing of itself in logs, JSON, templates and copies", () => {
    const service = sampleService({ spec: specFromText(text) });
    const printed = [inspect(service, { depth: 9, showHidden: true }), JSON.stringify(service), `${service.spec}`];
    expect(printed.join()).not.toContain("canary");
    expect(JSON.stringify({ ...(service.spec as object) })).toBe("{}");
  });

  it("says so when it is given something that is no spec", () => {
    expect(() => specText({} as never)).toThrow("make one with specFromJson");
  });
});
