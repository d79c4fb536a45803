import { describe, expect, it } from "vitest";
import type { PasswordRecord } from "#lib/grants/passwords.ts";
import type { AttachmentRecord, VersionRecord } from "#lib/grants/records.ts";
import { sampleFacts, sampleRecord, sampleSettings, sampleVersion } from "#lib/grants/sample.ts";
import { rotatorSettings } from "#lib/rotators/schema.ts";
import { sampleReference, sampleService } from "#lib/swarm/sample.ts";
import { emergencyPlanOf } from "./emergency.ts";
import { groupPlanOf } from "./group.ts";
import { rollBackPlanOf } from "./roll-back.ts";
import { rotatePlanOf } from "./rotate.ts";
import { emergencyInput, groupInput, rollBackInput, rotateInput } from "./schema.ts";

const secretId = "secret-db_password";
const database = { kind: "postgresql", host: "db", database: "shop", user: "skep", credential: "shop-db" };
const http = { kind: "http", address: "https://keys.example.test/rotate", credential: "keys" };
const url = "postgresql://{{user | url}}:{{password | url}}@db/shop";

type Over = {
  settings?: object;
  current?: Partial<VersionRecord>;
  previous?: Partial<VersionRecord>;
  together?: string[];
  inUse?: string;
  template?: string;
  outside?: Partial<PasswordRecord>;
};

function attachmentOf({ settings = {}, together = [], template = url }: Over): AttachmentRecord {
  return {
    rotatorId: "rotator-1",
    rotatorName: "shop-db",
    kind: "postgresql",
    settings: rotatorSettings.parse({ ...database, logins: ["app_a", "app_b"], ...settings }),
    generator: { type: "hex", bytes: 24 },
    template,
    together: [{ id: secretId, name: "db_password" }, ...together.map((name) => ({ id: `secret-${name}`, name }))],
  };
}

/** Services have the password of app_a; the one before was app_b's. */
function factsOf(over: Over = {}) {
  const of = { rotatorId: "rotator-1", login: "app_a" };
  const versions = [
    sampleVersion("db_password", 2, "current", { ...of, ...over.current }),
    sampleVersion("db_password", 1, "previous", { ...of, login: "app_b", ...over.previous }),
  ];
  const settings = { ...sampleSettings, order: "canary" as const, oldValueStaysValid: null };
  const { inUse = "db_password_v2" } = over;
  const services = ["api", "worker"].map((name) =>
    sampleService({ name, references: [sampleReference({ objectName: name === "api" ? "db_password_v2" : inUse })] }),
  );
  const records = [sampleRecord({ versions, settings, attachment: attachmentOf(over) })];
  if (!over.outside) return sampleFacts({ services, records });
  const report = sampleService({ name: "report", references: [sampleReference({ objectName: "report_db_v1" })] });
  const outside = { secretId: "secret-report_db", secretName: "report_db", objectId: "object-report_db_v1" };
  const passwords = [{ rotatorId: "rotator-1", login: "app_a", ...outside, ...over.outside }];
  return sampleFacts({ services: [...services, report], records, passwords });
}

const rotate = (over?: Over, source = "rotator") =>
  rotatePlanOf(factsOf(over), rotateInput.parse({ secretId, source }));
const refusal = (field: string, words: string) =>
  expect.objectContaining({ code: "invalid-input", field, publicMessage: expect.stringContaining(words) });

describe("a password that a rotator sets", () => {
  it("is of the other of two logins, beside which the old one goes on working", () => {
    const plan = rotate();
    expect(plan.rotators).toEqual([
      {
        rotatorId: "rotator-1",
        rotatorName: "shop-db",
        login: "app_b",
        oldLogin: "app_a",
        generator: { type: "hex", bytes: 24 },
        keepsOld: true,
        locksOld: false,
        needsFinish: false,
      },
    ]);
    expect(plan.create[0]?.value).toEqual({ from: "rotator", rotatorId: "rotator-1", template: url });
    expect(plan).toMatchObject({ oldValueStaysValid: true, order: "canary" });
    expect(plan.warnings.map(({ code }) => code)).not.toContain("password-is-one-way");
  });

  it("of one login goes forward only: services move together, and the plan says what that means", () => {
    const plan = rotate({ settings: { logins: ["app_a"] }, previous: { login: "app_a" } });
    expect(plan.rotators?.[0]).toMatchObject({ login: "app_a", oldLogin: "app_a", keepsOld: false });
    expect(plan).toMatchObject({ oldValueStaysValid: false, order: "together", canaryServiceId: null });
    const warning = plan.warnings.find(({ code }) => code === "password-is-one-way");
    expect(warning?.sentence).toContain("no stop, no undo");
    expect(plan.warnings.map(({ code }) => code)).not.toContain("old-value-must-stay-valid");
  });

  it("is refused where a service still has the login's earlier one", () => {
    const warning = rotate({ inUse: "db_password_v1" }).warnings.find(({ code }) => code === "login-in-use");
    expect(warning).toMatchObject({ blocks: true });
    expect(warning?.sentence).toContain("worker still has the password of app_b");
  });

  it("is refused where a service has the login's by a secret that is not rotated with these", () => {
    const warning = rotate({ outside: { login: "app_b" } }).warnings.find(({ code }) => code === "login-in-use");
    expect(warning).toMatchObject({ blocks: true });
    expect(warning?.sentence).toContain("report has the password of app_b at shop-db by report_db, which is not");
    expect(warning?.sentence).toContain("Have report use a secret that is rotated with this first");
    for (const outside of [{ login: "app_a" }, { login: null }, { login: "app_b", rotatorId: "rotator-2" }]) {
      const codes = rotate({ outside }).warnings.map(({ code }) => code);
      expect(codes).not.toContain("login-in-use");
    }
  });

  it("of one login names whoever has it by a secret that is not rotated with these, and goes on", () => {
    const oneLogin = { settings: { logins: ["app_a"] }, previous: { login: "app_a" } };
    const plan = rotate({ ...oneLogin, outside: {} });
    const warnings = plan.warnings.filter(({ code }) => code === "login-in-use");
    expect(warnings).toEqual([expect.objectContaining({ serviceName: "report", blocks: false })]);
    expect(warnings[0]?.sentence).toContain("report has the password of app_a at shop-db by report_db, which is not");
    expect(warnings[0]?.sentence).toContain("once the new one is set it cannot sign in anew");
    const others = [{ rotatorId: "rotator-2" }, { login: "app_b" }, { secretId, objectId: "object-db_password_v1" }];
    for (const outside of others) {
      const codes = rotate({ ...oneLogin, outside, inUse: "db_password_v1" }).warnings.map(({ code }) => code);
      expect(codes).not.toContain("login-in-use");
    }
  });

  it("of no login that keeps the old one names whoever has that by another secret: it ends with the rotation", () => {
    const none = { login: null };
    const over = { settings: { ...http, logins: [], keepsOld: true }, current: none, previous: none, outside: none };
    const warning = rotate(over).warnings.find(({ code }) => code === "login-in-use");
    expect(warning?.sentence).toContain("report has the password at shop-db by report_db");
    expect(warning?.sentence).toContain("in the end it cannot sign in anew");
  });

  it("is refused by turns where no secret says the user's name, and not where one login has it", () => {
    const warning = rotate({ template: "{{password}}" }).warnings.find(({ code }) => code === "user-not-written");
    expect(warning).toMatchObject({ blocks: true });
    expect(warning?.sentence).toContain("get the password of app_b and go on signing in as app_a");
    const settings = { logins: ["app_a"] };
    const alone = rotate({ template: "{{password}}", settings, previous: { login: "app_a" } });
    expect(alone.warnings.map(({ code }) => code)).not.toContain("user-not-written");
    expect(rotate().warnings.map(({ code }) => code)).not.toContain("user-not-written");
  });

  it("is nobody else's to give: a value from elsewhere is refused, and so is one where there is no rotator", () => {
    for (const source of ["typed", "generated", "shown"]) {
      expect(() => rotate({}, source)).toThrow(refusal("source", "set at shop-db"));
    }
    const facts = sampleFacts({ records: [sampleRecord({})] });
    const asked = rotateInput.parse({ secretId, source: "rotator" });
    expect(() => rotatePlanOf(facts, asked)).toThrow(refusal("source", "attached to no rotator"));
  });

  it("is in all secrets that have it, or in none", () => {
    expect(() => rotate({ together: ["db_user"] })).toThrow(refusal("source", "db_user has the same password"));
  });

  it("is refused where nobody knows which of two logins services have", () => {
    expect(() => rotate({ current: { login: null } })).toThrow(refusal("source", "is not known"));
    expect(rotate({ settings: { logins: ["app_a"] }, current: { login: null } }).rotators?.[0]?.login).toBe("app_a");
  });

  it("of an address without logins is told when it is not needed any more", () => {
    const settings = { ...http, logins: [], keepsOld: true };
    const none = { login: null };
    expect(rotate({ settings, current: none, previous: none }).rotators?.[0]).toMatchObject({
      login: null,
      keepsOld: true,
      needsFinish: true,
    });
  });
});

describe("a group", () => {
  function group(over: { together?: string[]; sources: [string, string] }) {
    const facts = factsOf({ together: over.together ?? [] });
    const other = sampleRecord({
      id: "secret-db_user",
      name: "db_user",
      versions: [sampleVersion("db_user", 1, "current", { rotatorId: "rotator-1", login: "app_a" })],
      attachment: over.together ? { ...attachmentOf(over), template: "{{user}}" } : null,
    });
    const secrets = [secretId, "secret-db_user"].map((id, index) => ({ secretId: id, source: over.sources[index] }));
    return groupPlanOf({ ...facts, records: [...facts.records, other] }, groupInput.parse({ secrets }));
  }

  it("of one rotator sets its password once, and writes each secret as it is written", () => {
    const plan = group({ together: ["db_user"], sources: ["rotator", "rotator"] });
    expect(plan.rotators).toHaveLength(1);
    expect(plan.create.map(({ value }) => (value.from === "rotator" ? value.template : null))).toEqual([
      url,
      "{{user}}",
    ]);
  });

  it("does not mix a password that is set elsewhere with one that a person enters", () => {
    expect(() => group({ sources: ["rotator", "typed"] })).toThrow(refusal("source", "Rotate them apart"));
  });
});

describe("an emergency", () => {
  const emergency = (over: Over, oldStaysValid: string | undefined, leaveOut: string[] = []) =>
    emergencyPlanOf(
      factsOf(over),
      emergencyInput.parse({ secretId, source: "rotator", reason: "a log", oldStaysValid, leaveOut }),
    );

  it("has the login locked whose password is known to others", () => {
    expect(emergency({}, "no").rotators?.[0]).toMatchObject({ oldLogin: "app_a", locksOld: true, needsFinish: true });
  });

  it("says that the password is changed at the other side as well, and what is not done there", () => {
    const [first] = emergency({}, "no").warnings;
    expect(first?.sentence).toContain("in the Swarm and at shop-db. Sessions that are open stay so");
  });

  it("says of who is left out that it is shut out in the end", () => {
    const [first] = factsOf().services;
    const sentences = emergency({}, "no", [first?.id ?? ""]).warnings.map(({ sentence }) => sentence);
    expect(sentences.join(" ")).toContain("shop-db takes it no more in the end: it cannot sign in anew then");
    expect(
      emergency({}, "no")
        .warnings.map(({ sentence }) => sentence)
        .join(" "),
    ).not.toContain("in the end");
  });

  it("names whoever has the login that is locked by another secret", () => {
    const warning = emergency({ outside: {} }, "no").warnings.find(({ code }) => code === "login-in-use");
    expect(warning?.sentence).toContain("report has the password of app_a at shop-db by report_db");
    expect(warning?.sentence).toContain("in the end it cannot sign in anew");
  });

  it("does not wait for who has the login whose turn it is: it names her and goes forward only", () => {
    const plan = emergency({ inUse: "db_password_v1" }, "yes");
    expect(plan.rotators?.[0]).toMatchObject({ login: "app_b", oldLogin: "app_a", keepsOld: false, locksOld: true });
    expect(plan).toMatchObject({ oldValueStaysValid: false, order: "together" });
    expect(plan.warnings.filter(({ blocks }) => blocks)).toEqual([]);
    const warning = plan.warnings.find(({ code }) => code === "password-is-one-way");
    expect(warning?.sentence).toContain("worker still has the password of app_b");
    expect(warning?.sentence).toContain("until it has moved it cannot sign in anew");
    expect(warning?.sentence).not.toContain("Nothing moves");
    const [, worker] = factsOf().services;
    const left = emergency({ inUse: "db_password_v1" }, "yes", [worker?.id ?? ""]);
    expect(left.warnings.map(({ sentence }) => sentence).join(" ")).toContain("Nothing moves worker.");
    expect(emergency({}, "yes")).toMatchObject({ oldValueStaysValid: true, rotators: [{ keepsOld: true }] });
  });

  it("does not wait for who has the login whose turn it is by another secret, either", () => {
    const plan = emergency({ outside: { login: "app_b" } }, "yes");
    expect(plan).toMatchObject({ oldValueStaysValid: false, rotators: [{ login: "app_b", keepsOld: false }] });
    expect(plan.warnings.filter(({ blocks }) => blocks)).toEqual([]);
    const warning = plan.warnings.find(({ code }) => code === "password-is-one-way");
    expect(warning?.sentence).toContain("report has the password of app_b at shop-db by report_db");
    expect(warning?.sentence).toContain("no stop, no undo");
  });

  it("says of the login that is locked that it works until the end, also where it only goes forward", () => {
    const { warnings } = emergency({ outside: {}, inUse: "db_password_v1" }, "yes");
    const warning = warnings.find(({ serviceName }) => serviceName === "report");
    expect(warning?.sentence).toContain("in the end it cannot sign in anew");
  });

  it("of one login does not ask whether to go back to what does not work", () => {
    const plan = emergency({ settings: { logins: ["app_a"] }, previous: { login: "app_a" } }, undefined);
    expect(plan).toMatchObject({ oldValueStaysValid: false });
  });
});

describe("to roll back", () => {
  const back = (over: Over, { mayUseLeaked } = { mayUseLeaked: false }) =>
    rollBackPlanOf(
      factsOf(over),
      rollBackInput.parse({ secretId, versionId: "version-db_password_v1", oldStaysValid: "yes" }),
      { mayUseLeaked },
    );

  it("is possible to the other login, whose password was not replaced since", () => {
    expect(back({}).kind).toBe("roll-back");
  });

  it("is refused to a password that the database does not take any more", () => {
    expect(() => back({ previous: { login: "app_a" } })).toThrow(
      refusal("versionId", "was replaced at shop-db for v2"),
    );
  });

  it("is refused to a password that was replaced, also when its secret is attached no more", () => {
    const facts = factsOf({ previous: { login: "app_a" } });
    const detached = facts.records.map((record) => ({ ...record, attachment: null }));
    const asked = rollBackInput.parse({ secretId, versionId: "version-db_password_v1", oldStaysValid: "yes" });
    expect(() => rollBackPlanOf({ ...facts, records: detached }, asked, { mayUseLeaked: false })).toThrow(
      refusal("versionId", "was replaced at its rotator for v2"),
    );
  });

  it("is refused alone where another secret has the same password: user and password would be of two logins", () => {
    expect(() => back({ together: ["db_user"] })).toThrow(refusal("versionId", "db_user has the same password"));
  });

  it("is refused to a version that was given up before anybody saw that its password works", () => {
    expect(() => back({ previous: { state: "abandoned" } })).toThrow(refusal("versionId", "was given up"));
  });

  it("is refused to a password that has leaked, to an administrator too: its login is locked", () => {
    expect(() => back({ previous: { isLeaked: true } }, { mayUseLeaked: true })).toThrow(
      refusal("versionId", "has leaked"),
    );
  });
});
