import { describe, expect, it } from "vitest";
import { fingerprintOf } from "#lib/grants/fingerprint.ts";
import { sampleFacts, sampleRecord, sampleSettings, sampleVersion } from "#lib/grants/sample.ts";
import type { SecretSettings } from "#lib/operations/schema.ts";
import { sampleReference, sampleSecret, sampleService } from "#lib/swarm/sample.ts";
import { groupPlanOf } from "./group.ts";
import { groupInput, mostSecrets } from "./schema.ts";

const names = ["api_key", "db_password", "smtp_password"];

function recordOf(name: string, settings: Partial<SecretSettings> = {}) {
  const versions = [sampleVersion(name, 2, "current"), sampleVersion(name, 1, "previous")];
  return sampleRecord({ name, versions, settings: { ...sampleSettings, oldValueStaysValid: true, ...settings } });
}

function factsOf(over: Partial<Parameters<typeof sampleFacts>[0]> & object = {}) {
  const objects = names.flatMap((name) => [1, 2].map((number) => sampleSecret({ name: `${name}_v${number}` })));
  return sampleFacts({ objects, records: names.map((name) => recordOf(name)), services, ...over });
}

const holds = (...objectNames: string[]) =>
  objectNames.map((objectName) => sampleReference({ objectName, target: objectName.replace(/_v\d$/, "") }));
const replicas = (count: number) => ({ type: "replicated", replicas: count }) as const;
const api = sampleService({
  name: "shop_api",
  stack: "shop",
  mode: replicas(6),
  references: holds("db_password_v2", "api_key_v1", "smtp_password_v2"),
});
const worker = sampleService({
  name: "shop_worker",
  stack: "shop",
  mode: replicas(4),
  references: holds("api_key_v2", "db_password_v2"),
});
const mailer = sampleService({ name: "mailer", mode: replicas(1), references: holds("smtp_password_v2") });
const services = [worker, mailer, api, sampleService({ name: "admin", references: holds("db-admin") })];

const secretOf = (name: string, over: object = {}) => ({ secretId: `secret-${name}`, ...over });
function input(over: object = {}, secrets: object[] = names.map((name) => secretOf(name))) {
  return groupInput.parse({ secrets, ...over });
}

describe("the plan of a group", () => {
  const plan = groupPlanOf(factsOf(), input());

  it("moves each service once, with every secret that it holds, whichever version it names", () => {
    const changes = plan.changes.map(({ serviceName, edits }) => [
      serviceName,
      ...edits.map((edit) => (edit.edit === "replace" ? edit.targets.join() : edit.edit)),
    ]);
    expect(changes).toEqual([
      ["mailer", "smtp_password"],
      ["shop_api", "api_key", "db_password", "smtp_password"],
      ["shop_worker", "api_key", "db_password"],
    ]);
    const [apiKey, dbPassword] = plan.changes[1]?.edits ?? [];
    expect(apiKey).toMatchObject({ fromObjectIds: ["object-api_key_v1", "object-api_key_v2"] });
    expect(dbPassword).toMatchObject({ fromObjectIds: ["object-db_password_v2"] });
    const made = plan.create.map(({ versionId }) => versionId);
    expect([apiKey, dbPassword]).toMatchObject(made.slice(0, 2).map((versionId) => ({ to: { versionId } })));
  });

  it("makes one version of each, and sends what each of them leaves to the gate after its own keep time", () => {
    const records = names.map((name) => recordOf(name, name === "api_key" ? { keepSeconds: 3600 } : {}));
    const { secrets, create, retire } = groupPlanOf(factsOf({ records }), input());
    expect(secrets).toMatchObject(names.map((secretName) => ({ secretName, fromVersion: 2, toVersion: 3 })));
    expect(create.map(({ objectName }) => objectName)).toEqual(names.map((name) => `${name}_v3`));
    expect(retire.map(({ objectName, keepSeconds }) => [objectName, keepSeconds])).toEqual([
      ["api_key_v2", 3600],
      ["api_key_v1", 3600],
      ["db_password_v2", 86_400],
      ["smtp_password_v2", 86_400],
    ]);
    const atOnce = groupPlanOf(factsOf({ records }), input({ keepSeconds: "0" })).retire;
    expect(new Set(atOnce.map(({ keepSeconds }) => keepSeconds))).toEqual(new Set([0]));
  });

  it("is the same plan in whatever order the secrets were chosen", () => {
    const reversed = input(
      {},
      names.toReversed().map((name) => secretOf(name)),
    );
    expect(fingerprintOf(groupPlanOf(factsOf(), reversed))).toBe(fingerprintOf(plan));
  });

  it("soaks a service as long as the most patient of its secrets asks for", () => {
    const records = names.map((name) => recordOf(name, { soakSeconds: { api_key: 5, db_password: 90 }[name] ?? null }));
    const soaks = (over: object) =>
      groupPlanOf(factsOf({ records }), input(over)).changes.map(({ serviceName, soakSeconds }) => [
        serviceName,
        soakSeconds,
      ]);
    expect(soaks({})).toEqual([
      ["mailer", 15],
      ["shop_api", 90],
      ["shop_worker", 90],
    ]);
    expect(soaks({ soakSeconds: "2" }).map(([, seconds]) => seconds)).toEqual([2, 2, 2]);
  });

  it("goes in the most careful order that one of its secrets asks for, over all services", () => {
    const ordered = (...orders: SecretSettings["order"][]) => {
      const records = names.map((name, place) => recordOf(name, { order: orders[place] ?? "together" }));
      return groupPlanOf(factsOf({ records }), input()).order;
    };
    expect(ordered("together", "together")).toBe("together");
    expect(ordered("together", "canary")).toBe("canary");
    expect(ordered("canary", "one-by-one")).toBe("one-by-one");
    expect(plan).toMatchObject({ order: "canary", canaryServiceId: "service-mailer" });
  });

  it("leaves a service out with all of its secrets", () => {
    const left = groupPlanOf(factsOf(), input({ leaveOut: ["service-shop_api"] }));
    expect(left.changes.at(-1)).toMatchObject({ serviceName: "shop_api", leftOut: "by-choice", edits: [{}, {}, {}] });
  });

  it("names what has to change in a stack's file once, with lines for all of its secrets", () => {
    const warned = plan.warnings.filter(({ code }) => code === "stack-would-undo");
    expect(warned).toHaveLength(1);
    expect(warned[0]?.sentence).toContain(
      "The stack file of shop may still name api_key_v2, db_password_v2 and smtp_password_v2",
    );
    for (const name of names)
      expect(warned[0]?.copy?.text).toContain(`  ${name}:\n    external: true\n    name: ${name}_v3\n`);
    expect(warned[0]?.copy?.text.match(/^secrets:$/gm)).toHaveLength(1);
  });

  it("of one secret is what rotating it alone would be", () => {
    const alone = groupPlanOf(factsOf(), input({}, [secretOf("api_key")]));
    expect(alone.changes.map(({ edits }) => edits.length)).toEqual([1, 1]);
    expect(alone.warnings.find(({ code }) => code === "stack-would-undo")?.sentence).toMatch(/change the line to/);
  });
});

describe("the old values of a group", () => {
  const unanswered = names.map((name) => recordOf(name, { oldValueStaysValid: null }));

  it("are asked for each typed one, without a default, and the answers are kept with each", () => {
    const facts = factsOf({ records: unanswered });
    const ask = (over: object) =>
      groupPlanOf(facts, input({}, [secretOf("api_key"), secretOf("db_password", { source: "typed", ...over })]));
    expect(() => ask({})).toThrow(
      expect.objectContaining({
        field: "oldStaysValid:secret-db_password",
        publicMessage: expect.stringMatching(/of db_password goes on working/),
      }),
    );
    expect(ask({ oldStaysValid: "yes" })).toMatchObject({
      oldValueStaysValid: true,
      record: [{ secretId: "secret-db_password", after: { oldValueStaysValid: true } }],
    });
  });

  it("are counted, and not named, where none of many is answered", () => {
    const many = [...names, "jwt_key"];
    const records = many.map((name) => recordOf(name, { oldValueStaysValid: null }));
    const typed = many.map((name) => secretOf(name, { source: "typed" }));
    expect(() => groupPlanOf(factsOf({ records }), input({}, typed))).toThrow(
      /of each of the 4 secrets goes on working/,
    );
  });

  it("are asked for each that comes from a source, too", () => {
    const ask = () =>
      groupPlanOf(factsOf({ records: unanswered }), input({}, [secretOf("api_key", { source: "source" })]));
    expect(ask).toThrow(expect.objectContaining({ field: "oldStaysValid:secret-api_key" }));
  });

  it("put nothing back when one of them is dead, and the plan names it and says so", () => {
    const typed = secretOf("db_password", { source: "typed", oldStaysValid: "no" });
    const plan = groupPlanOf(factsOf(), input({ order: "together" }, [secretOf("api_key"), typed]));
    expect(plan.oldValueStaysValid).toBe(false);
    expect(plan.warnings[0]?.sentence).toBe(
      "The old value of db_password stops working, so a failure puts no service back, those of the other secrets neither: Skep stops there and asks you. Rotate it apart, and the others keep their way back.",
    );
  });
});

describe("a group is refused", () => {
  it("with the name of every secret that a plugin delivers, in one sentence", () => {
    const objects = names.map((name) => sampleSecret({ name: `${name}_v2`, driver: "vault" }));
    expect(() => groupPlanOf(factsOf({ objects }), input())).toThrow(
      /api_key, db_password and smtp_password are delivered by plugins/,
    );
  });

  it("with the name of one that was retired, or that nobody knows", () => {
    const records = [recordOf("api_key"), { ...recordOf("db_password"), removedAt: "2026-01-01T00:00:00.000Z" }];
    const both = input({}, [secretOf("api_key"), secretOf("db_password")]);
    expect(() => groupPlanOf(factsOf({ records }), both)).toThrow(/db_password was retired/);
  });

  it.each([
    [[], /Choose the secrets/],
    [[secretOf("a"), secretOf("a")], /twice/],
    [Array.from({ length: mostSecrets + 1 }, (_, index) => secretOf(`s${index}`)), /at most 50 secrets at once/],
  ])("when it is none, twice the same, or too large", (secrets, sentence) => {
    expect(groupInput.safeParse({ secrets }).error?.issues[0]?.message).toMatch(sentence);
  });
});
