import { describe, expect, it } from "vitest";
import { fingerprintOf } from "#lib/grants/fingerprint.ts";
import { sampleFacts, sampleRecord, sampleSettings, sampleVersion } from "#lib/grants/sample.ts";
import { sampleReference, sampleSecret, sampleService } from "#lib/swarm/sample.ts";
import { emergencyPlanOf } from "./emergency.ts";
import { rotatePlanOf } from "./rotate.ts";
import { emergencyInput, rotateInput } from "./schema.ts";

const input = (over: object = {}) => rotateInput.parse({ secretId: "secret-db_password", ...over });
const uses = (number: number, over = {}) => [sampleReference({ objectName: `db_password_v${number}`, ...over })];

const api = sampleService({
  name: "shop_api",
  stack: "shop",
  mode: { type: "replicated", replicas: 6 },
  updatePolicy: { parallelism: 2, delaySeconds: 0, monitorSeconds: 5, failureAction: "pause", order: "stop-first" },
  healthCheck: { intervalSeconds: 10, retries: 3, startPeriodSeconds: 5 },
  references: uses(2),
});
const worker = sampleService({
  name: "shop_worker",
  stack: "shop",
  mode: { type: "replicated", replicas: 4 },
  references: uses(1, { target: "/etc/worker/database-password" }),
});
const migrate = sampleService({
  name: "shop_migrate",
  mode: { type: "replicated-job", completions: 1 },
  restartCondition: "none",
  references: uses(2, { target: "pg_pass" }),
});
const mailer = sampleService({ name: "mailer", mode: { type: "replicated", replicas: 0 }, references: uses(2) });
const stranger = sampleService({ name: "admin", references: [sampleReference({ objectName: "db-admin" })] });
const services = [mailer, worker, migrate, api, stranger];

describe("the plan of a rotation", () => {
  const plan = rotatePlanOf(sampleFacts({ services }), input());

  it("moves every service that names any version of the secret, and no other", () => {
    expect(plan.changes.map(({ serviceName }) => serviceName)).toEqual([
      "shop_api",
      "mailer",
      "shop_worker",
      "shop_migrate",
    ]);
    expect(plan.changes[0]?.edits).toEqual([
      {
        edit: "replace",
        fromObjectIds: ["object-db_password_v1", "object-db_password_v2"],
        to: { object: "created", versionId: "new-1" },
        targets: ["db_password"],
      },
    ]);
  });

  it("makes the version after the highest number seen", () => {
    expect(plan.create).toMatchObject([{ number: 3, objectName: "db_password_v3", value: { from: "generated" } }]);
    expect(plan.secrets).toMatchObject([{ fromVersion: 2, toVersion: 3 }]);
    const foreign = [...sampleFacts().objects, sampleSecret({ name: "DB_Password_V7" })];
    expect(rotatePlanOf(sampleFacts({ services, objects: foreign }), input()).create[0]?.objectName).toBe(
      "db_password_v8",
    );
  });

  it("says what restarts, how many at a time, and what runs meanwhile", () => {
    expect(plan.changes[0]).toMatchObject({ tasks: 6, atATime: 2, runMeanwhile: 4, soakSeconds: 35 });
    expect(plan.changes[2]).toMatchObject({ tasks: 4, atATime: 1, runMeanwhile: 3, soakSeconds: 15 });
    expect(plan.changes[1]).toMatchObject({ kind: "asleep", tasks: 0, soakSeconds: 15 });
  });

  it("begins with the canary whose health can be seen", () => {
    expect(plan).toMatchObject({ order: "canary", canaryServiceId: "service-shop_api", atMost: 5 });
    const chosen = rotatePlanOf(sampleFacts({ services }), input({ canaryServiceId: "service-shop_worker" }));
    expect(chosen.changes[0]?.serviceName).toBe("shop_worker");
    expect(() => rotatePlanOf(sampleFacts({ services }), input({ canaryServiceId: "service-mailer" }))).toThrow(
      /canary/,
    );
  });

  it("leaves out what runs to its end, unless it is ticked", () => {
    expect(plan.changes.at(-1)).toMatchObject({ serviceName: "shop_migrate", leftOut: "runs-to-end" });
    const included = rotatePlanOf(sampleFacts({ services }), input({ include: "service-shop_migrate" }));
    expect(included.changes.find(({ serviceName }) => serviceName === "shop_migrate")?.leftOut).toBeNull();
    const out = rotatePlanOf(sampleFacts({ services }), input({ leaveOut: ["service-shop_worker"] }));
    expect(out.changes.filter(({ leftOut }) => leftOut).map(({ leftOut }) => leftOut)).toEqual([
      "runs-to-end",
      "by-choice",
    ]);
  });

  it("keeps the versions that services leave, and then sends them to the gate", () => {
    expect(plan.retire.map(({ objectName, keepSeconds }) => [objectName, keepSeconds])).toEqual([
      ["db_password_v2", 86_400],
      ["db_password_v1", 86_400],
    ]);
    expect(rotatePlanOf(sampleFacts({ services }), input({ keepSeconds: "0" })).retire[0]?.keepSeconds).toBe(0);
  });

  it("warns of everything that an operator would want to know", () => {
    const warned = plan.warnings.map(({ code, serviceName }) => [code, serviceName]);
    expect(warned).toEqual(
      expect.arrayContaining([
        ["runs-to-end", "shop_migrate"],
        ["asleep", "mailer"],
        ["no-health-check", "shop_worker"],
        ["image-not-pinned", null],
        ["stack-would-undo", null],
        ["rollback-restores-nothing", null],
      ]),
    );
    expect(plan.warnings.every(({ blocks }) => !blocks)).toBe(true);
  });

  it("in its stack warning gives the line and an override to copy", () => {
    const warning = plan.warnings.find(({ code }) => code === "stack-would-undo");
    expect(warning?.sentence).toBe(
      "The stack file of shop may still name db_password_v2. A redeploy would then undo this: change the line to `name: db_password_v3`.",
    );
    expect(warning?.copy?.text).toContain('"version:"');
    expect(warning?.copy?.text).toContain("    name: db_password_v3\n");
  });

  it("is the same plan when nothing has changed, and another one when anything has", () => {
    const again = rotatePlanOf({ ...sampleFacts({ services }), newId: () => "another-id" }, input());
    expect(fingerprintOf(again)).toBe(fingerprintOf(plan));
    const fewer = rotatePlanOf(sampleFacts({ services: [worker, migrate, mailer] }), input());
    expect(fingerprintOf(fewer)).not.toBe(fingerprintOf(plan));
    const busy = { ...api, update: { state: "updating", startedAt: null, completedAt: null, message: "" } as const };
    const blocked = rotatePlanOf(sampleFacts({ services: [mailer, worker, migrate, busy] }), input());
    expect(fingerprintOf(blocked)).not.toBe(fingerprintOf(plan));
  });

  it("of a secret that nobody uses makes the version and no more", () => {
    const unused = rotatePlanOf(sampleFacts(), input());
    expect(unused).toMatchObject({ changes: [], order: "together", canaryServiceId: null });
    expect(unused.retire.map(({ objectName }) => objectName)).toEqual(["db_password_v2"]);
  });

  it("moves a service that has the secret twice, once", () => {
    const twice = { ...api, references: [...uses(2), ...uses(2, { target: "again" })] };
    const { changes } = rotatePlanOf(sampleFacts({ services: [twice] }), input());
    expect(changes).toHaveLength(1);
    expect(changes[0]?.edits).toMatchObject([{ targets: ["db_password", "again"] }]);
  });
});

describe("a typed value", () => {
  it("asks whether the old one stays valid, without a default", () => {
    const ask = () => rotatePlanOf(sampleFacts({ services }), input({ source: "typed" }));
    expect(ask).toThrow(expect.objectContaining({ field: "oldStaysValid:secret-db_password" }));
  });

  it("keeps the answer with the secret, and does not ask again", () => {
    const answered = rotatePlanOf(sampleFacts({ services }), input({ source: "typed", oldStaysValid: "no" }));
    expect(answered).toMatchObject({ oldValueStaysValid: false, record: [{ after: { oldValueStaysValid: false } }] });
    expect(answered.warnings[0]?.code).toBe("old-value-must-stay-valid");
    const records = [sampleRecord({ settings: { ...sampleSettings, oldValueStaysValid: false } })];
    const later = rotatePlanOf(sampleFacts({ services, records }), input({ source: "typed" }));
    expect(later).toMatchObject({ oldValueStaysValid: false, record: [] });
  });
});

describe("a generated value", () => {
  const hex = { type: "hex", bytes: 16 } as const;
  const records = [sampleRecord({ settings: { ...sampleSettings, generator: hex } })];

  it("is made as the secret says, and the generator that was used last is kept for the next click", () => {
    const usual = rotatePlanOf(sampleFacts({ services, records }), input());
    expect(usual).toMatchObject({ create: [{ value: { generator: hex } }], record: [] });
    const other = { type: "password", alphabet: "own", characters: "abc", length: 40 } as const;
    const chosen = rotatePlanOf(sampleFacts({ services, records }), input({ generator: JSON.stringify(other) }));
    expect(chosen).toMatchObject({
      create: [{ value: { generator: other } }],
      record: [{ after: { generator: other } }],
    });
  });

  it("of a secret whose values people enter stays that, also after one that she had shown", () => {
    const people = [sampleRecord({ settings: { ...sampleSettings, generator: null } })];
    const shown = input({ source: "shown", generator: JSON.stringify(hex) });
    const plan = rotatePlanOf(sampleFacts({ services, records: people }), shown);
    expect(plan).toMatchObject({ create: [{ value: { from: "shown", generator: hex } }], record: [] });
  });

  it("that is shown says that services move while it is read", () => {
    const words = (source: string) =>
      rotatePlanOf(sampleFacts({ services, records }), input({ source })).warnings.map(({ code }) => code);
    expect(words("shown")).toContain("shown-while-moving");
    expect(words("generated")).not.toContain("shown-while-moving");
  });

  it("that replaces a dead one is told of services that Docker itself puts back on that", () => {
    const updatePolicy = { ...api.updatePolicy, failureAction: "rollback" } as const;
    const facts = sampleFacts({ services: [{ ...api, updatePolicy }, worker], records });
    const sentences = (oldStaysValid: string) =>
      rotatePlanOf(facts, input({ source: "typed", oldStaysValid })).warnings.map(({ sentence }) => sentence);
    const said = "shop_api has the failure action rollback: when new tasks fail, Docker itself puts it back";
    expect(sentences("no").some((sentence) => sentence.startsWith(said))).toBe(true);
    expect(sentences("yes").some((sentence) => sentence.startsWith(said))).toBe(false);
  });

  it("does not lose its generator by a value that somebody typed", () => {
    const typed = input({ source: "typed", oldStaysValid: "yes", generator: JSON.stringify({ type: "uuid" }) });
    expect(rotatePlanOf(sampleFacts({ services, records }), typed).record).toMatchObject([
      { after: { generator: hex } },
    ]);
  });
});

it("a stack's file may name an older version where services leave one that Skep made", () => {
  const [first, ...others] = sampleFacts().objects.toReversed();
  const labels = { ...first?.labels, "io.skep.operation": "operation-1" };
  const objects = first ? [{ ...first, labels }, ...others] : [];
  const warnings = rotatePlanOf(sampleFacts({ services, objects }), input()).warnings;
  expect(warnings.find(({ code }) => code === "stack-would-undo")?.sentence).toContain(
    "may still name db_password_v2 or an older one. A redeploy",
  );
});

describe("the new object", () => {
  it("carries the labels of the old one by their keys alone, without those that look like a hash of a value", () => {
    const labels = {
      "com.docker.stack.namespace": "shop",
      "team/access": "payments",
      "content-hash": "x",
      "tool.sha256": "abc",
      revision: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      "io.skep.operation": "old",
    };
    const objects = [sampleSecret({ name: "db_password_v2", labels, templating: "golang" })];
    const [create] = rotatePlanOf(sampleFacts({ objects }), input()).create;
    const objectId = "object-db_password_v2";
    expect(create?.labelsOf).toEqual({ objectId, keys: ["com.docker.stack.namespace", "team/access"] });
    expect(JSON.stringify(create)).not.toMatch(/payments|9f86d081/);
    expect(create?.templating).toBe("golang");
  });

  it("is not made for a secret that a plugin delivers", () => {
    const objects = [sampleSecret({ name: "db_password_v2", driver: "vault" })];
    expect(() => rotatePlanOf(sampleFacts({ objects }), input())).toThrow(/plugin vault/);
  });

  it("mends a secret whose object is gone", () => {
    expect(rotatePlanOf(sampleFacts({ objects: [], services: [api] }), input()).create[0]?.number).toBe(3);
  });
});

describe("an emergency rotation", () => {
  it("removes every older version at once, and says what Skep cannot do", () => {
    const asked = emergencyInput.parse({
      secretId: "secret-db_password",
      reason: "in a public log",
      keepSeconds: "99",
      oldStaysValid: "no",
    });
    const plan = emergencyPlanOf(sampleFacts({ services: [api] }), asked);
    expect(plan).toMatchObject({ kind: "rotate-emergency", reason: "in a public log" });
    expect(plan.retire.map(({ objectName, keepSeconds }) => [objectName, keepSeconds])).toEqual([
      ["db_password_v2", 0],
      ["db_password_v1", 0],
    ]);
    expect(plan.warnings[0]?.sentence).toMatch(/source.*Raft snapshots and backups/);
  });

  it("needs a reason", () => {
    expect(emergencyInput.safeParse({ secretId: "s", reason: " " }).success).toBe(false);
  });

  const leaked = { secretId: "secret-db_password", reason: "in a public log" };

  it("asks each time whether a failure may bring the leaked value back, and keeps no answer", () => {
    const facts = sampleFacts({ services: [api] });
    expect(() => emergencyPlanOf(facts, emergencyInput.parse(leaked))).toThrow(/may go back to the value/);
    const plan = emergencyPlanOf(facts, emergencyInput.parse({ ...leaked, oldStaysValid: "no" }));
    expect(plan).toMatchObject({ oldValueStaysValid: false, record: [] });
    expect(plan.warnings.map(({ code }) => code)).not.toContain("old-value-must-stay-valid");
    expect(emergencyPlanOf(sampleFacts({ services: [] }), emergencyInput.parse(leaked)).changes).toEqual([]);
  });

  it("says that a service which is left out goes on with the leaked value", () => {
    const asked = emergencyInput.parse({ ...leaked, oldStaysValid: "no", leaveOut: [api.id] });
    const sentences = emergencyPlanOf(sampleFacts({ services: [api] }), asked).warnings.map((each) => each.sentence);
    expect(sentences).toContainEqual(expect.stringMatching(/left out and goes on with the value that has leaked/));
  });
});

describe("names that end where Docker's do", () => {
  it("refuse the number that would be too long", () => {
    const name = "a".repeat(58);
    const records = [
      sampleRecord({ id: "secret-db_password", name, versions: [sampleVersion(name, 9999, "current")] }),
    ];
    expect(() => rotatePlanOf(sampleFacts({ records }), input())).toThrow(/longer than Docker allows/);
  });
});
