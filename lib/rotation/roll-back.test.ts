import { describe, expect, it } from "vitest";
import { sampleFacts, sampleRecord, sampleSettings, sampleVersion } from "#lib/grants/sample.ts";
import { sampleReference, sampleSecret, sampleService } from "#lib/swarm/sample.ts";
import { rollBackPlanOf } from "./roll-back.ts";
import { rollBackInput } from "./schema.ts";

const services = [sampleService({ references: [sampleReference({ objectName: "db_password_v2" })] })];
const input = (versionId: string) =>
  rollBackInput.parse({ secretId: "secret-db_password", versionId, oldStaysValid: "yes" });

const none = { mayUseLeaked: false };

describe("rolling back", () => {
  it("moves services to a version that is still there, and leaves the newer one where it is", () => {
    const plan = rollBackPlanOf(sampleFacts({ services }), input("version-db_password_v1"), none);
    expect(plan).toMatchObject({ create: [], retire: [], secrets: [{ fromVersion: 2, toVersion: 1 }] });
    expect(plan.changes[0]?.edits).toMatchObject([
      { fromObjectIds: ["object-db_password_v2"], to: { object: "existing", objectName: "db_password_v1" } },
    ]);
    expect(plan.warnings[0]?.sentence).toBe("v2 stays in the Swarm until you retire it.");
  });

  it("of a stack's service says that its next deploy would move it again, with the line that names the older one", () => {
    const inStack = services.map((service) => ({ ...service, stack: "shop" }));
    const plan = rollBackPlanOf(sampleFacts({ services: inStack }), input("version-db_password_v1"), none);
    const warning = plan.warnings.find(({ code }) => code === "stack-would-undo");
    expect(warning?.sentence).toContain("change the line to `name: db_password_v1`");
    expect(warning?.copy?.text).toContain("    name: db_password_v1\n");
  });

  describe("while the value that services leave", () => {
    const kept = (oldValueStaysValid: boolean | null) =>
      sampleFacts({ services, records: [sampleRecord({ settings: { ...sampleSettings, oldValueStaysValid } })] });
    const asked = (oldStaysValid?: string) =>
      rollBackInput.parse({ secretId: "secret-db_password", versionId: "version-db_password_v1", oldStaysValid });

    it.each([true, false])("works or not (%s) as a person said before, goes by that", (answer) => {
      const plan = rollBackPlanOf(kept(answer), asked(), none);
      expect(plan).toMatchObject({ oldValueStaysValid: answer, record: [] });
      expect(plan.warnings.some(({ code }) => code === "old-value-must-stay-valid")).toBe(!answer);
    });

    it("is not known to work asks, beside the field", () => {
      expect(() => rollBackPlanOf(kept(null), asked(), none)).toThrow(
        expect.objectContaining({ field: "oldStaysValid" }),
      );
    });

    it("works or not by the person's answer, which is about this value and not about the next rotation", () => {
      const plan = rollBackPlanOf(kept(null), asked("no"), none);
      expect(plan.oldValueStaysValid).toBe(false);
      expect(plan.record).toEqual([]);
    });
  });

  it("to a value that has leaked is an administrator's, and its plan says so", () => {
    const versions = (leaked: number) => [
      sampleVersion("db_password", 2, "current", { isLeaked: leaked === 2 }),
      sampleVersion("db_password", 1, "previous", { isLeaked: leaked === 1 }),
    ];
    const back = (leaked: number, mayUseLeaked: boolean) => {
      const records = [sampleRecord({ versions: versions(leaked) })];
      return rollBackPlanOf(sampleFacts({ services, records }), input("version-db_password_v1"), { mayUseLeaked });
    };
    expect(() => back(1, false)).toThrow(expect.objectContaining({ code: "forbidden", field: "versionId" }));
    expect(back(1, true).warnings[0]?.code).toBe("version-leaked");
    expect(back(2, false).warnings[0]?.code).not.toBe("version-leaked");
  });

  it("to a version that is gone is refused", () => {
    const objects = [sampleSecret({ name: "db_password_v2" })];
    expect(() => rollBackPlanOf(sampleFacts({ services, objects }), input("version-db_password_v1"), none)).toThrow(
      /no longer/,
    );
  });

  it("to where every service is already is refused", () => {
    expect(() => rollBackPlanOf(sampleFacts({ services }), input("version-db_password_v2"), none)).toThrow(
      /v2 already/,
    );
  });
});
