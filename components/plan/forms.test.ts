import { describe, expect, it } from "vitest";
import type { AttachmentView, BindingView, MemberView } from "#lib/inventory/schema.ts";
import { groupInput } from "#lib/rotation/schema.ts";
import { editInput, valueSources } from "#lib/secrets/schema.ts";
import { emergencyFields, rotateFields } from "../../app/(console)/secrets/[key]/[verb]/new-value-fields.ts";
import { inputOf } from "../../app/(console)/secrets/plan/fields.ts";
import { answeredFields, shownFields } from "../../app/(console)/secrets/rotate/answers.ts";

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

describe("one answer for all secrets of a group", () => {
  const member = (name: string, over: object = {}) =>
    ({
      ...secret({ generator: null, ...over }),
      name,
      currentVersion: 1,
      grants: [],
      sourceName: null,
      rotatorName: null,
    }) as MemberView;
  const members = new Map([
    ["open", member("open")],
    ["other", member("other")],
    ["made", member("made", { generator: { type: "uuid" } })],
    ["told", member("told", { oldValueStaysValid: false })],
    ["bound", { ...member("bound"), sourceName: "vault" }],
    ["attached", { ...member("attached"), rotatorName: "pg" }],
  ]);
  const inputsFor = (over: Record<string, string>) => {
    const answers = answeredFields(shownFields({ secret: [...members.keys()], ...over }, members), members);
    const { secrets } = groupInput.parse(inputOf(answers));
    return Object.fromEntries(
      secrets.map(({ secretId, source, oldStaysValid }) => [secretId, [source, oldStaysValid]]),
    );
  };
  const own = { made: ["generated", null], bound: ["source", null], attached: ["rotator", null] };

  it("is the usual one where nobody says anything, with the question open", () => {
    expect(inputsFor({})).toEqual({ open: ["typed", null], other: ["typed", null], told: ["typed", null], ...own });
  });

  it("is taken by those that have none of their own settings", () => {
    const all = { "source:all": "generated" };
    const made = ["generated", null];
    expect(inputsFor(all)).toEqual({ open: made, other: made, told: made, ...own });
    const typed = { "source:all": "typed", "oldStaysValid:all": "yes" };
    expect(inputsFor(typed)).toEqual({
      open: ["typed", true],
      other: ["typed", true],
      // Its own answer is kept with it.
      told: ["typed", null],
      ...own,
      bound: ["source", true],
    });
  });

  it("gives way to what is chosen for one", () => {
    const over = { "source:all": "typed", "oldStaysValid:all": "yes", "source:0": "shown", "oldStaysValid:1": "no" };
    expect(inputsFor(over)).toMatchObject({ open: ["shown", null], other: ["typed", false], told: ["typed", null] });
    // The fields show what was chosen for each, and leave open what was not.
    const shown = shownFields({ secret: [...members.keys()], ...over }, members);
    expect(shown).toMatchObject({ "source:0": "shown", "source:2": "generated" });
    expect(shown).not.toHaveProperty("source:1");
    expect(shown).not.toHaveProperty("oldStaysValid:0");
  });

  it("is not asked for one secret alone", () => {
    const shown = shownFields({ secret: ["open"] }, members);
    expect(shown).toMatchObject({ "source:0": "typed" });
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
