import { describe, expect, it } from "vitest";
import { sampleRecord } from "#lib/grants/sample.ts";
import { sampleSecret } from "#lib/swarm/sample.ts";
import { lineOf, sampleInput, sampleOperation, sampleSwarm } from "../sample.ts";
import { missingObject } from "./missing-object.ts";

const records = [sampleRecord()];

describe("a current version that the Swarm no longer has", () => {
  it("is to be mended now, by a rotation", () => {
    const [found] = missingObject(sampleInput({ records }));
    expect(found && lineOf(found)).toBe(
      "db_password_v2, the current version of db_password, is no longer in the Swarm",
    );
    expect(found).toMatchObject({ severity: "now", mend: { label: "Rotate" } });
  });

  it("is no finding when it is there, when an operation is about it, or before the Swarm has answered", () => {
    const object = sampleSecret({ name: "db_password_v2" });
    const there = sampleSwarm({ secrets: new Map([[object.id, object]]) });
    expect(missingObject(sampleInput({ records, snapshot: there }))).toEqual([]);
    expect(missingObject(sampleInput({ records, operations: [sampleOperation()] }))).toEqual([]);
    expect(missingObject(sampleInput({ records, snapshot: sampleSwarm({ asOf: null }) }))).toEqual([]);
  });
});
