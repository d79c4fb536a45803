import { describe, expect, it } from "vitest";
import { fingerprintOf } from "#lib/grants/fingerprint.ts";
import type { AttachmentRecord } from "#lib/grants/records.ts";
import { sampleFacts, sampleRecord, sampleVersion } from "#lib/grants/sample.ts";
import { confirmPlan } from "#lib/grants/shown.ts";
import { sampleReference, sampleSecret, sampleService } from "#lib/swarm/sample.ts";
import { SecretValue } from "#lib/value.ts";
import { adoptPlanOf } from "./adopt.ts";
import { createPlanOf } from "./create.ts";
import { editPlanOf } from "./edit.ts";
import { keepPlanOf } from "./keep.ts";
import { retirePlanOf } from "./retire.ts";
import { adoptInput, createInput, editInput, generator, retireInput, takeOverInput } from "./schema.ts";
import { takeOverPlanOf } from "./take-over.ts";
import { forgetting, valuesFor } from "./values.ts";

const empty = { objects: [], records: [] };

describe("creating a secret", () => {
  const input = (over: object = {}) => createInput.parse({ name: "api_key", source: "typed", ...over });

  it("makes its first version, with what the person said of it", () => {
    const plan = createPlanOf(sampleFacts(empty), input({ owner: "payments", tags: "pci, postgres" }), {
      mayCross: false,
    });
    expect(plan.create).toMatchObject([
      { objectName: "api_key_v1", number: 1, value: { from: "typed" }, labelsOf: null },
    ]);
    expect(plan.record).toMatchObject([
      {
        record: "create",
        name: "api_key",
        settings: { owner: "payments", tags: ["pci", "postgres"], generator: null },
      },
    ]);
    expect(plan.secrets).toMatchObject([{ fromVersion: null, toVersion: 1 }]);
  });

  it("goes around a foreign version that is in the way", () => {
    const objects = [sampleSecret({ name: "API_key_v2" })];
    const plan = createPlanOf(sampleFacts({ objects, records: [] }), input(), { mayCross: false });
    expect(plan.create[0]?.objectName).toBe("api_key_v3");
  });

  it.each(["db_password", "DB_Password"])("refuses %s when there is a db_password", (name) => {
    const create = () => createPlanOf(sampleFacts(), input({ name }), { mayCross: false });
    expect(create).toThrow(expect.objectContaining({ code: "name-taken", field: "name" }));
  });

  it("refuses the name of an unmanaged secret, and says to adopt it", () => {
    const objects = [sampleSecret({ name: "Api_Key" })];
    const create = () => createPlanOf(sampleFacts({ objects, records: [] }), input(), { mayCross: false });
    expect(create).toThrow(/Adopt that one/);
  });

  it("grants right away, each service once, and more than one stack only for an administrator", () => {
    const services = [
      sampleService({ name: "shop_api", stack: "shop", user: "1000" }),
      sampleService({ name: "mail_api", stack: "mail" }),
    ];
    const grants = [
      { serviceId: "service-shop_api" },
      { serviceId: "service-shop_api", target: "again" },
      { serviceId: "service-mail_api", mode: "0440" },
    ];
    const plan = createPlanOf(sampleFacts({ ...empty, services }), input({ grants }), { mayCross: false });
    expect(plan.changes.map(({ serviceName, edits }) => [serviceName, edits.length])).toEqual([
      ["mail_api", 1],
      ["shop_api", 2],
    ]);
    expect(plan.changes[0]?.edits[0]).toMatchObject({ to: { object: "created" }, target: "api_key", mode: 0o440 });
    expect(plan.warnings.find(({ code }) => code === "across-stacks")?.blocks).toBe(true);
    const [one] = grants;
    const inOneStack = createPlanOf(sampleFacts({ ...empty, services }), input({ grants: [one] }), { mayCross: false });
    expect(inOneStack.warnings.map(({ code }) => code)).not.toContain("across-stacks");
  });

  it("remembers how a generated value was made", () => {
    const generator = { type: "hex", bytes: 32 };
    const plan = createPlanOf(sampleFacts(empty), input({ source: "shown", generator: JSON.stringify(generator) }), {
      mayCross: false,
    });
    expect(plan.create[0]?.value).toEqual({ from: "shown", generator });
    expect(plan.record).toMatchObject([{ settings: { generator } }]);
  });

  it("is the same plan when it is made again, though its IDs are new", () => {
    const made = (newId: () => string) => createPlanOf({ ...sampleFacts(empty), newId }, input(), { mayCross: false });
    let next = 0;
    expect(fingerprintOf(made(() => `a${next++}`))).toBe(fingerprintOf(made(() => `b${next++}`)));
  });

  it.each([
    [{ name: "x".repeat(59) }, "name"],
    [{ source: "guessed" }, "source"],
    [{ keepSeconds: "-1" }, "keepSeconds"],
    [{ generator: { type: "password", alphabet: "digits", length: 0 } }, "generator"],
    [{ grants: [{ serviceId: "s", mode: "999" }] }, "grants"],
    [{ grants: [{ serviceId: "s", target: "a/b" }] }, "grants"],
  ])("with %j is refused beside its field", (over, field) => {
    const parsed = createInput.safeParse({ name: "api_key", source: "typed", ...over });
    expect(parsed.error?.issues[0]?.path[0]).toBe(field);
    expect(parsed.error?.issues[0]?.message).toMatch(/^[A-Z].*\.$/);
  });
});

describe("a typed value", () => {
  const plan = () =>
    createPlanOf(sampleFacts(empty), createInput.parse({ name: "a", source: "typed" }), { mayCross: false });

  it("goes to the version that asks for it", () => {
    const value = new SecretValue(Buffer.from("x"));
    expect([...valuesFor(plan(), () => ({ value, field: "value" }))]).toEqual([[plan().create[0]?.versionId, value]]);
  });

  it("that is missing is asked for, and one that nobody asked for is forgotten", async () => {
    const missing = () => valuesFor(plan(), () => ({ value: null, field: "value:a" }));
    expect(missing).toThrow(expect.objectContaining({ field: "value:a" }));
    const value = new SecretValue(Buffer.from("x"));
    const entered = () => ({ value, field: "value" });
    const values = await forgetting([value], async () => valuesFor({ ...plan(), create: [] }, entered));
    expect(values.size).toBe(0);
    await expect(value.use(async () => 1)).rejects.toThrow(/no longer there/);
  });
});

describe("adopting", () => {
  const objects = [
    sampleSecret({ name: "mongo_v1" }),
    sampleSecret({ name: "mongo_v2" }),
    sampleSecret({ name: "ftp" }),
  ];
  const input = (over: object = {}) =>
    adoptInput.parse({
      name: "mongo",
      versions: [
        { objectId: "object-mongo_v1", number: 1 },
        { objectId: "object-mongo_v2", number: 2 },
      ],
      ...over,
    });

  it("records the versions and touches nothing", () => {
    const plan = adoptPlanOf(sampleFacts({ objects, records: [] }), input());
    expect(plan).toMatchObject({
      create: [],
      changes: [],
      retire: [],
      secrets: [{ secretName: "mongo", toVersion: 2 }],
    });
    expect(plan.record).toMatchObject([
      {
        record: "adopt",
        name: "mongo",
        versions: [
          { objectName: "mongo_v2", number: 2, state: "current" },
          { objectName: "mongo_v1", number: 1, state: "previous" },
        ],
      },
    ]);
  });

  it("takes for current what services use, not what lies unused beside it", () => {
    const services = [sampleService({ references: [sampleReference({ objectName: "mongo_v1" })] })];
    const plan = adoptPlanOf(sampleFacts({ objects, services, records: [] }), input());
    expect(plan.secrets[0]?.toVersion).toBe(1);
  });

  it.each([
    [{ name: "FTP" }, /named ftp already/],
    [
      {
        versions: [
          { objectId: "object-mongo_v1", number: 1 },
          { objectId: "object-ftp", number: 1 },
        ],
      },
      /the number 1/,
    ],
    [{ versions: [{ objectId: "gone", number: 1 }] }, /no longer in the Swarm/],
  ])("with %j is refused", (over, sentence) => {
    expect(() => adoptPlanOf(sampleFacts({ objects, records: [] }), input(over))).toThrow(sentence);
  });

  it("of what another secret has already is refused", () => {
    const records = [sampleRecord({ name: "other", versions: [sampleVersion("mongo", 1, "current")] })];
    expect(() => adoptPlanOf(sampleFacts({ objects, records }), input())).toThrow(/belongs to other/);
  });
});

describe("a generator in a form", () => {
  const read = (over: object) =>
    generator.safeParse({ type: "password", alphabet: "own", characters: "abca", length: "24", ...over });

  it.each([
    [{}, { type: "password", alphabet: "own", characters: "abc", length: 24 }],
    [{ alphabet: "digits" }, { type: "password", alphabet: "digits", length: 24 }],
    [{ length: 511_999 }, { type: "password", alphabet: "own", characters: "abc", length: 511_999 }],
  ])("with %j is kept without what it does not need", (over, kept) => {
    expect(JSON.parse(JSON.stringify(read(over).data))).toEqual(kept);
  });

  it.each([
    [{ characters: "a" }, "characters", /two different/],
    [{ characters: "0O1l", withoutLookAlikes: "true" }, "characters", /two different/],
    [{ characters: "a b" }, "characters", /without blanks/],
    [{ length: 512_000 }, "length", /1 to 511,999/],
    [{ type: "hex", bytes: 256_000 }, "bytes", /1 to 255,999/],
    [{ type: "base64url", bytes: 384_000 }, "bytes", /1 to 383,999/],
  ])("with %j is refused beside its field", (over, field, sentence) => {
    const [issue] = read(over).error?.issues ?? [];
    expect([issue?.path[0], issue?.message]).toEqual([field, expect.stringMatching(sentence)]);
  });
});

describe("editing", () => {
  const input = (over: object = {}) => {
    const { oldValueStaysValid, ...settings } = sampleRecord().settings;
    return editInput.parse({ secretId: "secret-db_password", ...settings, oldStaysValid: oldValueStaysValid, ...over });
  };

  it("records what was and what shall be", () => {
    const plan = editPlanOf(sampleFacts(), input({ owner: "platform", oldStaysValid: "no", soakSeconds: "20" }));
    expect(plan.record).toMatchObject([
      {
        before: { owner: "payments", oldValueStaysValid: null },
        after: { owner: "platform", oldValueStaysValid: false, soakSeconds: 20 },
      },
    ]);
  });

  it("of nothing is refused", () => {
    expect(() => editPlanOf(sampleFacts(), input())).toThrow(/Nothing is to be saved/);
  });
});

describe("retiring", () => {
  const input = (over: object = {}) => retireInput.parse({ secretId: "secret-db_password", ...over });
  const holder = sampleService({ stack: "shop", references: [sampleReference({ objectName: "db_password_v2" })] });

  it("takes one old version, or the secret whole", () => {
    const one = retirePlanOf(sampleFacts(), input({ versionId: "version-db_password_v1" }));
    expect(one.retire).toMatchObject([{ objectName: "db_password_v1", keepSeconds: 0 }]);
    expect(retirePlanOf(sampleFacts(), input()).retire).toHaveLength(2);
  });

  it("never takes the current version alone", () => {
    expect(() => retirePlanOf(sampleFacts(), input({ versionId: "version-db_password_v2" }))).toThrow(
      /current version/,
    );
  });

  it("says where a password goes on working, of the secret whole and not of one of its versions", () => {
    const of = (login: string) => ({ rotatorId: "rotator-1", login });
    const versions = [
      sampleVersion("db_password", 2, "current", of("app_a")),
      sampleVersion("db_password", 1, "previous", of("app_b")),
    ];
    const attachment: AttachmentRecord = {
      rotatorId: "rotator-1",
      rotatorName: "shop-db",
      kind: "postgresql",
      settings: null,
      generator: { type: "uuid" },
      template: "{{password}}",
      together: [],
    };
    const facts = sampleFacts({ records: [sampleRecord({ versions, attachment })] });
    const sentences = (over: object) => retirePlanOf(facts, input(over)).warnings.map(({ sentence }) => sentence);
    expect(sentences({}).join(" ")).toContain("The password of app_a and app_b goes on working at shop-db");
    expect(sentences({ versionId: "version-db_password_v1" }).join(" ")).not.toContain("goes on working");
  });

  it("is blocked while a service names it, and says which", () => {
    const plan = retirePlanOf(sampleFacts({ services: [holder] }), input());
    expect(plan.warnings[0]).toMatchObject({ code: "still-used", blocks: true });
    expect(() => confirmPlan({ seen: {} }, plan, fingerprintOf(plan))).toThrow(/web uses db_password_v2/);
  });

  it("says which service could still go back, and which stack might still name it", () => {
    const moved = { ...holder, previousReferences: [sampleReference({ objectName: "db_password_v1" })] };
    const facts = sampleFacts({ services: [moved] });
    const asked = { versionId: "version-db_password_v1" };
    expect(retirePlanOf(facts, input(asked)).warnings.map(({ code }) => code)).toEqual([
      "gate-waits",
      "stack-would-undo",
    ]);
    const confirmed = retirePlanOf(facts, input({ ...asked, isStackConfirmed: "on" }));
    expect(confirmed.warnings.map(({ code }) => code)).toEqual(["gate-waits"]);
    expect(confirmed.retire[0]?.isStackConfirmed).toBe(true);
  });
});

const retiringRecord = sampleRecord({
  versions: [
    sampleVersion("db_password", 2, "current", { retireAfter: "2026-03-02T10:00:00.000Z", retireRequestedBy: "ada" }),
    sampleVersion("db_password", 1, "previous"),
  ],
});

describe("keeping", () => {
  const input = { secretId: "secret-db_password" };

  it("takes the retirement of the whole secret back, and touches no service", () => {
    const plan = keepPlanOf(sampleFacts({ records: [retiringRecord] }), input);
    expect(plan).toMatchObject({ kind: "keep", changes: [], retire: [], create: [] });
    expect(plan.record).toMatchObject([{ record: "keep", versionId: "version-db_password_v2" }]);
    expect(plan.warnings).toMatchObject([{ code: "version-stays", blocks: false }]);
  });

  it("of what nobody wants removed is refused", () => {
    expect(() => keepPlanOf(sampleFacts(), input)).toThrow(/nothing to take back/);
  });
});

describe("taking over", () => {
  const input = takeOverInput.parse({ secretId: "secret-db_password" });

  it("makes what the Swarm says the record, for the services that drifted", () => {
    const services = [sampleService({ references: [sampleReference({ objectName: "db_password_v1" })] })];
    const plan = takeOverPlanOf(sampleFacts({ services }), input);
    expect(plan).toMatchObject({ changes: [], record: [{ record: "take-over", serviceIds: ["service-web"] }] });
  });

  it("takes back the retirement of the current version where that is what a service has", () => {
    const over = (objectName: string) => {
      const services = [sampleService({ references: [sampleReference({ objectName })] })];
      return takeOverPlanOf(sampleFacts({ services, records: [retiringRecord] }), input).record.map(
        ({ record }) => record,
      );
    };
    expect(over("db_password_v2")).toEqual(["take-over", "keep"]);
    expect(over("db_password_v1")).toEqual(["take-over"]);
  });

  it("of nothing is refused", () => {
    expect(() => takeOverPlanOf(sampleFacts(), input)).toThrow(/as recorded/);
  });
});

describe("a plan that was shown", () => {
  it("is not run when it is no longer the same", () => {
    const plan = retirePlanOf(sampleFacts(), retireInput.parse({ secretId: "secret-db_password" }));
    expect(() => confirmPlan({ seen: {} }, plan, "another")).toThrow(expect.objectContaining({ code: "plan-changed" }));
    expect(confirmPlan({ seen: {} }, plan, fingerprintOf(plan))).toMatchObject(plan);
  });
});
