import { describe, expect, it } from "vitest";
import type { AttachmentRecord, SecretRecord, VersionRecord } from "#lib/grants/records.ts";
import { sampleFacts, sampleRecord, sampleSettings, sampleVersion } from "#lib/grants/sample.ts";
import { rotatorSettings } from "#lib/rotators/schema.ts";
import { sampleReference, sampleSecret, sampleService } from "#lib/swarm/sample.ts";
import { moveRestPlanOf } from "./move-rest.ts";
import { moveRestInput } from "./schema.ts";

const on = (name: string, ...objectNames: string[]) =>
  sampleService({
    name,
    references: objectNames.map((objectName) => sampleReference({ objectName, target: objectName })),
  });
const services = [on("api", "db_password_v2"), on("worker", "db_password_v1")];
const input = (over: object = {}) =>
  moveRestInput.parse({ secretId: "secret-db_password", oldStaysValid: "yes", ...over });

describe("moving the rest", () => {
  it("gives the current version to the services that have an older one, and leaves the others and all versions alone", () => {
    const plan = moveRestPlanOf(sampleFacts({ services }), input());
    expect(plan).toMatchObject({ kind: "move-rest", create: [], retire: [], record: [], oldValueStaysValid: true });
    expect(plan.secrets).toMatchObject([{ fromVersion: 1, toVersion: 2 }]);
    expect(plan.changes.map(({ serviceName }) => serviceName)).toEqual(["worker"]);
    expect(plan.changes[0]?.edits).toMatchObject([
      { fromObjectIds: ["object-db_password_v1"], to: { object: "existing", objectName: "db_password_v2" } },
    ]);
  });

  it("is refused where no service has stayed behind", () => {
    const facts = sampleFacts({ services: [on("api", "db_password_v2")] });
    expect(() => moveRestPlanOf(facts, input())).toThrow("Nothing is to be moved");
  });

  it("to a value that has leaked is refused", () => {
    const versions = [
      sampleVersion("db_password", 2, "current", { isLeaked: true }),
      sampleVersion("db_password", 1, "previous"),
    ];
    const facts = sampleFacts({ services, records: [sampleRecord({ versions })] });
    expect(() => moveRestPlanOf(facts, input())).toThrow("has leaked");
  });

  it("puts nothing back on a value that has leaked, whatever is kept of it", () => {
    const versions = [
      sampleVersion("db_password", 2, "current"),
      sampleVersion("db_password", 1, "previous", { isLeaked: true }),
    ];
    const settings = { ...sampleSettings, oldValueStaysValid: true };
    const facts = sampleFacts({ services, records: [sampleRecord({ versions, settings })] });
    expect(moveRestPlanOf(facts, input()).oldValueStaysValid).toBe(false);
  });

  it("blocks where all that has stayed behind is left out again", () => {
    const [worker] = services.slice(1);
    const plan = moveRestPlanOf(sampleFacts({ services }), input({ leaveOut: [worker?.id] }));
    expect(plan.warnings).toContainEqual(expect.objectContaining({ code: "nothing-moves", blocks: true }));
    const moves = moveRestPlanOf(sampleFacts({ services }), input());
    expect(moves.warnings.map(({ code }) => code)).not.toContain("nothing-moves");
  });

  it("takes back that the current version was to be removed", () => {
    const versions = [
      sampleVersion("db_password", 2, "current", { retireAfter: "2026-03-02T10:00:00.000Z" }),
      sampleVersion("db_password", 1, "previous"),
    ];
    const plan = moveRestPlanOf(sampleFacts({ services, records: [sampleRecord({ versions })] }), input());
    expect(plan.record).toMatchObject([{ record: "keep", number: 2 }]);
  });

  it("asks whether the value that services leave still works, where nobody has said so", () => {
    const facts = sampleFacts({ services });
    expect(() => moveRestPlanOf(facts, input({ oldStaysValid: undefined }))).toThrow(
      expect.objectContaining({ field: "oldStaysValid" }),
    );
    const plan = moveRestPlanOf(facts, input({ oldStaysValid: "no" }));
    expect(plan.oldValueStaysValid).toBe(false);
    expect(plan.warnings.map(({ code }) => code)).toContain("old-value-must-stay-valid");
  });

  describe("where a rotator sets the password", () => {
    const attachment = (logins: string[], together: string[] = []): AttachmentRecord => ({
      rotatorId: "rotator-1",
      rotatorName: "shop-db",
      kind: "postgresql",
      settings: rotatorSettings.parse({
        kind: "postgresql",
        host: "db",
        database: "shop",
        user: "skep",
        credential: "shop-db",
        logins,
      }),
      generator: { type: "hex", bytes: 24 },
      template: "{{user}}:{{password}}",
      together: ["db_password", ...together].map((name) => ({ id: `secret-${name}`, name })),
    });
    const version = (number: number, login: string, over: Partial<VersionRecord> = {}, name = "db_password") =>
      sampleVersion(name, number, number === 2 ? "current" : "previous", { rotatorId: "rotator-1", login, ...over });
    const record = (over: Partial<SecretRecord>) => sampleRecord({ settings: { ...sampleSettings }, ...over });
    const unasked = input({ oldStaysValid: undefined });

    it("with two logins, puts back on the other one what fails, without a question", () => {
      const versions = [version(2, "app_b"), version(1, "app_a")];
      const records = [record({ versions, attachment: attachment(["app_a", "app_b"]) })];
      expect(moveRestPlanOf(sampleFacts({ services, records }), unasked).oldValueStaysValid).toBe(true);
    });

    it.each([
      ["one login", ["app_a"], [version(2, "app_a"), version(1, "app_a")]],
      ["what was replaced since", ["app_a", "app_b"], [version(2, "app_a"), version(1, "app_a")]],
    ])("of %s puts nothing back on a password that works no more", (_what, logins, versions) => {
      const records = [record({ versions, attachment: attachment(logins) })];
      expect(moveRestPlanOf(sampleFacts({ services, records }), unasked).oldValueStaysValid).toBe(false);
    });

    it("moves all secrets with the same password, and says nothing of one that no service has stayed behind with", () => {
      const both = attachment(["app_a", "app_b"], ["db_user", "db_port"]);
      const records = ["db_password", "db_user", "db_port"].map((name) =>
        record({ name, attachment: both, versions: [version(2, "app_b", {}, name), version(1, "app_a", {}, name)] }),
      );
      const objects = records.flatMap(({ versions }) => versions.map(({ objectName: name }) => sampleSecret({ name })));
      const facts = sampleFacts({
        records,
        objects,
        services: [
          on("api", "db_user_v2", "db_password_v2", "db_port_v2"),
          on("worker", "db_user_v1", "db_password_v1"),
        ],
      });
      const plan = moveRestPlanOf(facts, unasked);
      expect(plan.secrets.map(({ secretName }) => secretName)).toEqual(["db_password", "db_user"]);
      expect(plan.changes).toMatchObject([{ serviceName: "worker" }]);
      expect(plan.changes[0]?.edits).toHaveLength(2);
    });
  });
});
