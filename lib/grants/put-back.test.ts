import { describe, expect, it } from "vitest";
import { sampleReference, sampleService } from "#lib/swarm/sample.ts";
import type { SecretReference } from "#lib/swarm/schema.ts";
import { putBackPlanOf } from "./put-back.ts";
import type { AttachmentRecord } from "./records.ts";
import { revokePlanOf } from "./revoke.ts";
import { sampleFacts, sampleGrants, sampleRecord, sampleVersion } from "./sample.ts";

const recorded = sampleReference({ objectName: "db_password_v2", uid: "1000", mode: 0o400 });
const input = { secretId: "secret-db_password", serviceIds: [] };

function factsWith(actual: SecretReference[], before: SecretReference[] = [recorded]) {
  const grants = sampleGrants(sampleService({ references: before }));
  return sampleFacts({ services: [sampleService({ references: actual })], records: [sampleRecord({ grants })] });
}

const attached = (rotatorName: string) =>
  ({ rotatorId: "rotator-1", rotatorName, settings: null }) as Omit<AttachmentRecord, "together">;
const edits = (facts: ReturnType<typeof sampleFacts>) => putBackPlanOf(facts, input).changes[0]?.edits;
const v2 = { object: "existing", objectId: "object-db_password_v2", objectName: "db_password_v2" };
const set = { edit: "set-file", target: "db_password", to: v2, uid: "1000", gid: "0", mode: 0o400 };

describe("putting drift back", () => {
  it("replaces another version by the recorded one", () => {
    const old = { ...recorded, objectId: "object-db_password_v1", objectName: "db_password_v1" };
    expect(edits(factsWith([old]))).toEqual([{ ...set, objectId: "object-db_password_v1" }]);
  });

  it("does not part what has one password: another version is refused, with the way that all go together", () => {
    const old = { ...recorded, objectId: "object-db_password_v1", objectName: "db_password_v1" };
    const together = ["db_password", "db_user"].map((name) => ({ id: `secret-${name}`, name }));
    const attachment = { ...attached("shop-db"), together };
    const factsOf = (actual: SecretReference) => {
      const facts = factsWith([actual]);
      return { ...facts, records: facts.records.map((record) => ({ ...record, attachment })) };
    };
    expect(() => putBackPlanOf(factsOf(old), input)).toThrow("db_user has the same password of shop-db");
    expect(edits(factsOf({ ...recorded, mode: 0o444 }))).toHaveLength(1);
    const older = factsWith([recorded], [old]);
    const current = { ...older, records: older.records.map((record) => ({ ...record, attachment })) };
    expect(() => putBackPlanOf(current, input)).toThrow("Take the drift over instead");
    const foreign = { ...recorded, objectId: "object-other", objectName: "other" };
    expect(edits(factsOf(foreign))).toHaveLength(1);
  });

  it("sets owner and mode as they were", () => {
    expect(edits(factsWith([{ ...recorded, mode: 0o444 }]))).toEqual([{ ...set, objectId: "object-db_password_v2" }]);
  });

  it("grants again what was taken, and revokes what was granted", () => {
    expect(edits(factsWith([]))).toMatchObject([{ edit: "add", to: v2, mode: 0o400 }]);
    expect(edits(factsWith([recorded], []))).toMatchObject([{ edit: "remove", target: "db_password" }]);
  });

  it("leaves the other file alone where the service has the object twice", () => {
    const old = { ...recorded, objectId: "object-db_password_v1", objectName: "db_password_v1" };
    const kept = { ...old, target: "kept" };
    expect(edits(factsWith([kept, old], [kept, recorded]))).toEqual([{ ...set, objectId: "object-db_password_v1" }]);
  });

  it("takes the current version where the recorded one is gone", () => {
    const gone = { ...recorded, objectId: "gone", objectName: "db_password_v0" };
    const old = { ...recorded, objectId: "object-db_password_v1", objectName: "db_password_v1" };
    expect(edits(factsWith([old], [gone]))).toMatchObject([{ edit: "set-file", to: v2 }]);
  });

  it("takes the current version where the recorded one has leaked, and has nothing to do where that is there", () => {
    const old = { ...recorded, objectId: "object-db_password_v1", objectName: "db_password_v1" };
    const versions = [
      sampleVersion("db_password", 2, "current"),
      sampleVersion("db_password", 1, "previous", { isLeaked: true }),
    ];
    const leaked = (facts: ReturnType<typeof factsWith>) => ({
      ...facts,
      records: facts.records.map((record) => ({ ...record, versions })),
    });
    expect(edits(leaked(factsWith([], [old])))).toMatchObject([{ edit: "add", to: v2 }]);
    expect(() => edits(leaked(factsWith([recorded], [old])))).toThrow(/Take the drift over/);
  });

  it("takes the current version where the recorded one's password was replaced at its rotator", () => {
    const old = { ...recorded, objectId: "object-db_password_v1", objectName: "db_password_v1" };
    const of = { rotatorId: "rotator-1", login: "app" };
    const versions = [sampleVersion("db_password", 2, "current", of), sampleVersion("db_password", 1, "previous", of)];
    const attachment = { ...attached("db"), together: [] };
    const facts = factsWith([], [old]);
    const records = facts.records.map((record) => ({ ...record, versions, attachment }));
    expect(edits({ ...facts, records })).toMatchObject([{ edit: "add", to: v2 }]);
  });

  it("takes back the retirement of the current version where a service gets it again, and only there", () => {
    const [current, previous] = sampleRecord().versions;
    if (!current || !previous) throw new Error("no versions");
    const versions = [{ ...current, retireAfter: "2026-03-02T10:00:00.000Z" }, previous];
    const putBack = (facts: ReturnType<typeof factsWith>) => {
      const records = facts.records.map((record) => ({ ...record, versions }));
      return putBackPlanOf({ ...facts, records }, input).record;
    };
    expect(putBack(factsWith([]))).toMatchObject([{ record: "keep", versionId: "version-db_password_v2" }]);
    expect(putBack(factsWith([recorded], []))).toEqual([]);
  });

  it("knows /run/secrets/x and x for the same file", () => {
    const facts = factsWith([{ ...recorded, target: "/run/secrets/db_password" }]);
    expect(() => putBackPlanOf(facts, input)).toThrow(/as recorded/);
  });

  it("leaves services alone that were not chosen", () => {
    expect(() => putBackPlanOf(factsWith([]), { ...input, serviceIds: ["another"] })).toThrow(/as recorded/);
  });
});

describe("revoking", () => {
  const asked = { secretId: "secret-db_password", serviceId: "service-web", target: "/run/secrets/db_password" };

  it("removes the one reference, by its object and file", () => {
    const plan = revokePlanOf(factsWith([recorded]), asked);
    expect(plan.changes[0]?.edits).toEqual([
      { edit: "remove", objectId: "object-db_password_v2", target: "db_password" },
    ]);
  });

  it("of what is gone already says so", () => {
    expect(() => revokePlanOf(factsWith([]), asked)).toThrow(/no longer has db_password/);
  });
});
