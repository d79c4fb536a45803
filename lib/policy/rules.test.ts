import { describe, expect, it } from "vitest";
import { decide } from "./permit.ts";
import { allowed, isAllowed } from "./rules.ts";
import { type Action, type Actor, operationKinds, type Person, type Role, roles, type SubjectOf } from "./schema.ts";

const person = (role: Role, personId = "me"): Person => ({
  type: "person",
  personId,
  name: "ops.one",
  email: "ops.one@example.org",
  role,
  sessionId: "session-1",
  address: null,
  userAgent: null,
});

const nobody: Role[] = [];
const everyone: Role[] = ["viewer", "auditor", "operator", "administrator"];
const operators: Role[] = ["operator", "administrator"];
const administrators: Role[] = ["administrator"];
const auditors: Role[] = ["auditor", "administrator"];

/** Every action with a subject, and who may. A new action does not compile until it stands here. */
type Row<A extends Action> = { subject: SubjectOf<A>; roles: Role[] };
const ofEachKind = [
  ...operationKinds.map((kind) => ({
    subject: { operationId: "o", kind },
    roles: kind === "retire" || kind === "rotate-emergency" ? administrators : operators,
  })),
  { subject: { operationId: "o", kind: "roll-back" as const, isLeaked: true }, roles: administrators },
];
const table: { [A in Action]: Row<A>[] } = {
  "secret.create": [{ subject: {}, roles: operators }],
  "secret.adopt": [{ subject: { objectIds: ["object-1"] }, roles: operators }],
  "secret.edit": [{ subject: { secretId: "s" }, roles: operators }],
  "secret.grant": [
    { subject: { secretId: "s", isAcrossStacks: false }, roles: operators },
    { subject: { secretId: "s", isAcrossStacks: true }, roles: administrators },
  ],
  "secret.revoke": [{ subject: { secretId: "s" }, roles: operators }],
  "secret.rotate": [
    { subject: { secretIds: ["s"] }, roles: operators },
    { subject: { secretIds: ["s", "t"] }, roles: operators },
    { subject: { secretIds: [] }, roles: nobody },
  ],
  "secret.roll-back": [
    { subject: { secretId: "s", isLeaked: false }, roles: operators },
    { subject: { secretId: "s", isLeaked: true }, roles: administrators },
  ],
  "secret.move-rest": [{ subject: { secretId: "s" }, roles: operators }],
  "secret.put-back": [{ subject: { secretId: "s" }, roles: operators }],
  "secret.take-over": [{ subject: { secretId: "s" }, roles: operators }],
  "secret.retire": [{ subject: { secretId: "s" }, roles: administrators }],
  "secret.keep": [{ subject: { secretId: "s" }, roles: operators }],
  "secret.rotate-emergency": [{ subject: { secretId: "s" }, roles: administrators }],
  "secret.compare": [{ subject: { secretId: "s" }, roles: operators }],
  "operation.stop": [{ subject: { operationId: "o" }, roles: operators }],
  "operation.undo": ofEachKind,
  "operation.decide": ofEachKind,
  "audit.read": [{ subject: {}, roles: everyone }],
  "audit.verify": [{ subject: {}, roles: auditors }],
  "audit.export": [{ subject: {}, roles: auditors }],
  "person.read": [{ subject: {}, roles: administrators }],
  "person.invite": [{ subject: { role: "viewer" }, roles: administrators }],
  "person.change": [
    { subject: { personId: "another" }, roles: administrators },
    { subject: { personId: "me" }, roles: nobody },
  ],
  "password.change": [
    { subject: { personId: "me" }, roles: everyone },
    { subject: { personId: "another" }, roles: nobody },
  ],
  "session.revoke": [
    { subject: { sessionId: "x", personId: "me" }, roles: everyone },
    { subject: { sessionId: "x", personId: "another" }, roles: administrators },
  ],
  "setting.edit": [{ subject: {}, roles: administrators }],
  "secret.bind": [{ subject: { secretId: "s" }, roles: administrators }],
  "secret.look": [{ subject: { secretId: "s" }, roles: operators }],
  "secret.unbind": [{ subject: { secretId: "s" }, roles: operators }],
  "secret.attach": [{ subject: { secretId: "s" }, roles: administrators }],
  "secret.detach": [{ subject: { secretId: "s" }, roles: administrators }],
  "rotator.read": [{ subject: {}, roles: operators }],
  "rotator.edit": [{ subject: {}, roles: administrators }],
  "secret.import": [{ subject: {}, roles: administrators }],
  "source.read": [{ subject: {}, roles: operators }],
  "source.edit": [{ subject: {}, roles: administrators }],
  "automation.pause": [{ subject: {}, roles: operators }],
  "swarm.recognise": [{ subject: {}, roles: administrators }],
};

const actions = Object.keys(table) as Action[];
const cells = actions.flatMap((action) =>
  table[action].flatMap(({ subject, roles: may }) =>
    roles.map((role) => ({ action, subject, role, says: may.includes(role) })),
  ),
);

describe("who may do what", () => {
  it.each(cells)("$role, $action $subject: $says", ({ action, subject, role, says }) => {
    const actor = person(role);
    expect(isAllowed(actor, action, subject as never)).toBe(says);
    const permit = decide(actor, action, subject as never);
    expect(permit === null).toBe(!says);
    if (permit) expect(permit).toMatchObject({ actor, action, subject });
  });

  it("a hidden button and a refused request are one decision", () => {
    const asked = { "secret.rotate": { secretIds: ["s"] }, "secret.retire": { secretId: "s" } };
    expect(allowed(person("viewer"), asked)).toEqual([]);
    expect(allowed(person("operator"), asked)).toEqual(["secret.rotate"]);
    expect(allowed(person("administrator"), asked)).toEqual(["secret.rotate", "secret.retire"]);
  });

  it("a schedule may retire what a person set to be retired, compare and rotate what a person bound, and nothing else", () => {
    const schedule: Actor = { type: "schedule", setBy: "ops.one" };
    const may = actions.filter((action) =>
      table[action].some(({ subject }) => isAllowed(schedule, action, subject as never)),
    );
    expect(may).toEqual(["secret.rotate", "secret.retire", "secret.compare"]);
  });

  it.each<Actor>([{ type: "system" }, { type: "outside" }])("$type may do nothing of its own", (actor) => {
    const may = actions.filter((action) =>
      table[action].some(({ subject }) => isAllowed(actor, action, subject as never)),
    );
    expect(may).toEqual([]);
  });

  it("every kind of operation has a permit of its name", () => {
    expect(operationKinds.filter((kind) => !(`secret.${kind}` in table))).toEqual([]);
  });
});

describe("a permit", () => {
  it("cannot be made by hand, nor used for another action: the compiler refuses both", () => {
    const rotate = decide(person("operator"), "secret.rotate", { secretIds: ["s"] });
    const needsRetire = (permit: NonNullable<ReturnType<typeof decide<"secret.retire">>>) => permit.action;
    // @ts-expect-error a permit to rotate is none to retire
    if (rotate) needsRetire(rotate);
    // @ts-expect-error only `decide` issues permits
    needsRetire({ actor: person("administrator"), action: "secret.retire", subject: { secretId: "s" } });
    // @ts-expect-error a rotation is of a group, be it of one: no single ID passes for it
    const ofNoGroup = () => decide(person("operator"), "secret.rotate", { secretId: "s" });
    expect(ofNoGroup).toThrow();
    expect(rotate?.action).toBe("secret.rotate");
  });
});
