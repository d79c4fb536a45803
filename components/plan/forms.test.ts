import { describe, expect, it } from "vitest";
import type { AttachmentView, BindingView } from "#lib/inventory/schema.ts";
import { groupInput } from "#lib/rotation/schema.ts";
import { editInput, valueSources } from "#lib/secrets/schema.ts";
import { emergencyFields, rotateFields } from "../../app/(console)/secrets/[key]/[verb]/new-value-fields.ts";
import { inputOf } from "../../app/(console)/secrets/plan/fields.ts";

const settings = { owner: "", description: "", tags: [], order: "canary", soakSeconds: null, keepSeconds: 0 } as const;
const secret = (over: object) => ({
  settings: { ...settings, tags: [], oldValueStaysValid: null, generator: { type: "uuid" as const }, ...over },
  binding: {} as BindingView,
  attachment: null,
});

describe("the new value of a secret that is bound", () => {
  it("comes from its source if nobody says otherwise", () => {
    expect(rotateFields(secret({}), {}).source).toBe("source");
    expect(rotateFields(secret({}), { source: "typed" }).source).toBe("typed");
  });

  it("comes in an emergency from elsewhere, unless somebody says that it was changed there", () => {
    expect(emergencyFields(secret({}), {}).source).toBe("generated");
    expect(emergencyFields(secret({ generator: null }), {}).source).toBe("typed");
    expect(emergencyFields(secret({}), { source: "source" }).source).toBe("source");
  });
});

describe("the new value of a secret that is attached", () => {
  const attached = { ...secret({}), binding: null, attachment: {} as AttachmentView };

  it("is set by its rotator, in an emergency too", () => {
    expect(rotateFields(attached, {}).source).toBe("rotator");
    expect(emergencyFields(attached, {}).source).toBe("rotator");
  });
});

describe("the form of a group", () => {
  const inputFor = (source: string, over: Record<string, string | string[]> = {}) =>
    groupInput.parse(inputOf({ secret: ["s"], "source:0": source, "oldStaysValid:0": "no", ...over })).secrets[0];

  it.each(["typed", "source"])("passes on the answer about the old value where it is asked for: %s", (source) => {
    expect(inputFor(source)).toMatchObject({ secretId: "s", source, oldStaysValid: false });
  });

  it.each(["generated", "shown"])("passes on nothing that is folded away: %s", (source) => {
    const made = { "make:0": "uuid" };
    expect(inputFor(source, made)).toMatchObject({ oldStaysValid: null, generator: null });
    expect(inputFor(source, { ...made, differs: ["s"] })).toMatchObject({
      oldStaysValid: false,
      generator: { type: "uuid" },
    });
  });

  it("knows each way to a new value, and no generator where nothing is made", () => {
    const made = valueSources.filter((source) => inputFor(source, { "make:0": "uuid", differs: ["s"] })?.generator);
    expect(made).toEqual(["generated", "shown"]);
  });
});

describe("the form of a secret's settings", () => {
  it("passes on the generator, which is no matter of one value", () => {
    const told = { secretId: "s", order: "canary", keepSeconds: "0" };
    const generatorOf = (fields: object) => editInput.parse(inputOf({ ...told, ...fields })).generator;
    expect(generatorOf({ make: "hex", bytes: "16" })).toEqual({ type: "hex", bytes: 16 });
    expect(generatorOf({ make: "" })).toBeNull();
  });
});
