import { describe, expect, it } from "vitest";
import type { BindingRecord, VersionRecord } from "#lib/grants/records.ts";
import { sampleFacts, sampleRecord, sampleSettings, sampleVersion } from "#lib/grants/sample.ts";
import { emergencyPlanOf } from "./emergency.ts";
import { groupPlanOf } from "./group.ts";
import { rotatePlanOf } from "./rotate.ts";
import { emergencyInput, groupInput, rotateInput } from "./schema.ts";

const secretId = "secret-db_password";
const binding: BindingRecord = {
  id: "binding-1",
  newestSince: null,
  sourceId: "source-1",
  sourceName: "vault",
  path: "shop/db",
  take: { take: "whole" },
  mode: "after-yes",
  newestId: "8",
  isDeleted: false,
  failure: null,
  sourceFailure: null,
};

type Over = { newestId?: string | null; current?: Partial<VersionRecord>; previous?: Partial<VersionRecord> };

/** The current version has the seventh of the source, the one before it the sixth. */
function factsOf({ newestId = "8", current = {}, previous = {} }: Over = {}) {
  const versions = [
    sampleVersion("db_password", 2, "current", { sourceVersionId: "7", ...current }),
    sampleVersion("db_password", 1, "previous", { sourceVersionId: "6", ...previous }),
  ];
  const settings = { ...sampleSettings, oldValueStaysValid: true };
  return sampleFacts({ records: [sampleRecord({ versions, settings, binding: { ...binding, newestId } })] });
}

const rotate = (over?: Over) => rotatePlanOf(factsOf(over), rotateInput.parse({ secretId, source: "source" }));

describe("a value from the source", () => {
  it("is of the newest version there, which the plan names with its place", () => {
    expect(rotate().create[0]?.value).toMatchObject({ sourceName: "vault", path: "shop/db", sourceVersionId: "8" });
  });

  it("is of the version that the sync has seen, where that is who asks", () => {
    const { secrets, ...move } = groupInput.parse({ secrets: [{ secretId, source: "source" }] });
    const asked = { ...move, secrets: secrets.map((each) => ({ ...each, sourceVersionId: "9" })) };
    expect(groupPlanOf(factsOf(), asked).create[0]?.value).toMatchObject({ sourceVersionId: "9" });
  });

  it("is refused to everybody where that version has leaked, and says what to do", () => {
    const refused = expect.objectContaining({
      code: "invalid-input",
      field: "source",
      publicMessage:
        "Version 8 of shop/db at vault has leaked: an emergency rotation of db_password says so. Change it at the source, then take it from there.",
    });
    expect(() => rotate({ previous: { sourceVersionId: "8", isLeaked: true } })).toThrow(refused);
    expect(() => rotate({ previous: { sourceVersionId: "8", isLeaked: true, state: "removed" } })).toThrow(refused);
  });

  it("is not refused for another version that has leaked, or because nobody knows which", () => {
    expect(rotate({ previous: { isLeaked: true } }).create).toHaveLength(1);
    expect(rotate({ newestId: null, previous: { sourceVersionId: null, isLeaked: true } }).create).toHaveLength(1);
  });
});

describe("an emergency", () => {
  const inEmergency = (over: Over, source = "source") => {
    const input = emergencyInput.parse({ secretId, source, reason: "in a public log", oldStaysValid: "no" });
    return emergencyPlanOf(factsOf(over), input);
  };

  it("takes from the source a version that the secret never had", () => {
    expect(inEmergency({}).create[0]?.value).toMatchObject({ from: "source", sourceVersionId: "8" });
  });

  it.each(["7", "6"])(
    "takes no version that it has had (%s): that is the leaked value, or an older one",
    (newestId) => {
      expect(() => inEmergency({ newestId })).toThrow(
        expect.objectContaining({
          field: "source",
          publicMessage: `What Skep has seen at vault, version ${newestId} of shop/db, is the value that has leaked or an older one. Change it there first, then take it from there.`,
        }),
      );
      expect(inEmergency({ newestId }, "generated").create[0]?.value.from).toBe("generated");
    },
  );

  it("takes nothing of which nobody knows the version", () => {
    expect(() => inEmergency({ newestId: null })).toThrow(/has seen no version of shop\/db at vault/);
  });
});
