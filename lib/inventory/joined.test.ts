import { describe, expect, it } from "vitest";
import type { KnownOperation } from "#lib/findings/input.ts";
import { sampleRecord } from "#lib/grants/sample.ts";
import type { Person } from "#lib/policy/schema.ts";
import { sampleReference, sampleSecret, sampleService, sampleTask } from "#lib/swarm/sample.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { join, joinAgain } from "./joined.ts";
import { frameOf, overviewOf } from "./overview.ts";
import { secretRows } from "./rows.ts";
import { sampleKnown, sampleNode, sampleSnapshot, sampleState } from "./sample.ts";
import { managedSecret, unmanagedSecret } from "./secret.ts";
import { serviceRows, serviceView } from "./services.ts";

const person = (role: Person["role"]): Person => ({
  type: "person",
  personId: "me",
  name: "ops.one",
  email: "ops.one@example.org",
  role,
  sessionId: "session-1",
  address: null,
  userAgent: null,
});
const noHistory = { operations: [], events: [], eventCount: 0, writes: [] };

const rotating: KnownOperation = {
  id: "operation-1",
  kind: "rotate",
  state: "open",
  outcome: null,
  verification: null,
  secretNames: ["db_password"],
  secretIds: ["secret-db_password"],
  title: "Rotate db_password",
  startedBy: "ops.one",
  startedAt: "2026-03-10T11:59:00.000Z",
  endedAt: null,
  outage: null,
  servicesDone: 4,
  servicesWanted: 6,
};

function stateWith(change: (api: ServiceObject) => ServiceObject = (api) => api) {
  const { api, secrets, record } = sampleState();
  return join(sampleSnapshot({ secrets, services: [change(api)] }), sampleKnown({ records: [record] }));
}

const withReference = (over: Parameters<typeof sampleReference>[0]) => (api: ServiceObject) => ({
  ...api,
  references: over === undefined ? [] : [sampleReference(over)],
});

describe("the list of secrets", () => {
  it("has one row per managed secret, with who uses it and where", () => {
    expect(secretRows(stateWith())).toMatchObject([
      {
        id: "secret-db_password",
        key: "secret-db_password",
        name: "db_password",
        currentVersion: 2,
        services: ["shop_api"],
        targets: ["db_password"],
        stacks: ["shop"],
        owner: "payments",
        tags: ["pci"],
        condition: "healthy",
        conditionText: "Healthy",
      },
    ]);
  });

  it.each<[string, Parameters<typeof sampleReference>[0], string]>([
    ["an old version", { objectName: "db_password_v1" }, "Drifted: v1 in shop_api"],
    ["another mode", { objectName: "db_password_v2", mode: 0o400 }, "Drifted: mode in shop_api"],
    ["no reference", undefined, "Drifted: gone from shop_api"],
  ])("says what drifted: %s", (_what, over, text) => {
    expect(secretRows(stateWith(withReference(over)))[0]).toMatchObject({ condition: "drifted", conditionText: text });
  });

  it("says what was granted outside Skep", () => {
    const { api, secrets } = sampleState();
    const joined = join(sampleSnapshot({ secrets, services: [api] }), sampleKnown({ records: [sampleRecord()] }));
    expect(secretRows(joined)[0]?.conditionText).toBe("Drifted: new in shop_api");
  });

  it("does not call drift what an operation is moving, but how far it is", () => {
    const { api, secrets, record } = sampleState();
    const services = [withReference({ objectName: "db_password_v1" })(api)];
    const known = sampleKnown({ records: [record], operations: [rotating] });
    const row = secretRows(join(sampleSnapshot({ secrets, services }), known))[0];
    expect(row).toMatchObject({ condition: "rotating", conditionText: "Rotating 4/6", openOperationId: "operation-1" });
    const group = sampleKnown({
      records: [record],
      operations: [{ ...rotating, secretIds: [...rotating.secretIds, "other"] }],
    });
    const [inGroup] = secretRows(join(sampleSnapshot({ secrets, services }), group));
    expect(inGroup?.conditionText).toBe("Rotating together 4/6");
    const waiting = sampleKnown({ records: [record], operations: [{ ...rotating, state: "needs-attention" }] });
    const waitingRow = secretRows(join(sampleSnapshot({ secrets, services }), waiting))[0];
    expect(waitingRow).toMatchObject({ condition: "needs-attention", conditionText: "Needs a decision" });
  });

  it("is no healthier than the services that hold it", () => {
    const { api, secrets, record } = sampleState();
    const conditionWith = (...services: ServiceObject[]) =>
      secretRows(join(sampleSnapshot({ secrets, services }), sampleKnown({ records: [record] })))[0];
    const down = { ...api, tasks: { running: 0, desired: 1, completed: 0 } };
    expect(conditionWith(down)).toMatchObject({
      condition: "service-down",
      conditionText: "0 of 1 task runs in shop_api",
    });
    const update = { state: "paused", startedAt: null, completedAt: null, message: "" } as const;
    const updating = { ...down, update: { ...update, state: "updating" } } as const;
    expect(conditionWith(updating)).toMatchObject({ condition: "healthy" });
    const stalled = sampleSnapshot({ secrets, services: [updating], over: { stalled: new Set([api.id]) } });
    expect(secretRows(join(stalled, sampleKnown({ records: [record] })))[0]).toMatchObject({
      condition: "service-down",
      conditionText: "0 of 1 task runs in shop_api",
    });
    expect(conditionWith({ ...api, update })).toMatchObject({
      condition: "service-unwell",
      conditionText: "Update paused in shop_api",
    });
  });

  it("knows unused from missing, and neither before the Swarm has answered", () => {
    const { secrets } = sampleState();
    const conditionIn = (snapshot: ReturnType<typeof sampleSnapshot>) =>
      secretRows(join(snapshot, sampleKnown({ records: [sampleRecord()] })))[0]?.condition;
    expect(conditionIn(sampleSnapshot({ secrets }))).toBe("unused");
    expect(conditionIn(sampleSnapshot({ secrets: secrets.slice(0, 1) }))).toBe("missing");
    expect(conditionIn(sampleSnapshot({ over: { asOf: null } }))).toBe("unknown");
  });

  it("groups what Skep does not manage as it would be adopted", () => {
    const secrets = [
      sampleSecret({ name: "mongo_v1" }),
      sampleSecret({ name: "mongo_v2" }),
      sampleSecret({ name: "ftp" }),
    ];
    const rows = secretRows(join(sampleSnapshot({ secrets }), sampleKnown()));
    expect(rows.map(({ name, key, condition }) => [name, key, condition])).toEqual([
      ["ftp", "object-ftp", "unmanaged"],
      ["mongo", "object-mongo_v2", "unmanaged"],
    ]);
  });

  it("leaves out what was retired", () => {
    const records = [sampleRecord({ removedAt: "2026-03-01T00:00:00.000Z" })];
    expect(secretRows(join(sampleSnapshot(), sampleKnown({ records })))).toEqual([]);
  });
});

describe("a secret", () => {
  it("shows which version running tasks really read", () => {
    const { api, secrets, record } = sampleState();
    const tasks = [
      sampleTask({ id: "a", serviceId: api.id, secretObjectIds: ["object-db_password_v2"] }),
      sampleTask({ id: "b", serviceId: api.id, secretObjectIds: ["object-db_password_v1"] }),
      sampleTask({ id: "c", serviceId: api.id, secretObjectIds: ["object-db_password_v1"], state: "failed" }),
      sampleTask({ id: "d", serviceId: api.id, secretObjectIds: ["object-db_password_v1"], desiredState: "shutdown" }),
    ];
    const nodes = [sampleNode({ hostname: "node-2", state: "down" })];
    const joined = join(sampleSnapshot({ secrets, services: [api], tasks, nodes }), sampleKnown({ records: [record] }));
    const view = managedSecret(joined, person("administrator"), record, noHistory);
    expect(view.grants).toMatchObject([
      { serviceName: "shop_api", path: "/run/secrets/db_password", version: 2, tasksWanted: 1, drift: null },
    ]);
    expect(view.grants[0]?.tasks).toEqual([
      { version: 2, running: 1, finished: 0 },
      { version: 1, running: 1, finished: 0 },
    ]);
  });

  it("says which version at its source a version has the value of", () => {
    const { record } = sampleState();
    const ids = ["9f1c2d3e-0000-4000-8000-123456789abc", "7"];
    const versions = record.versions.map((version, place) => ({ ...version, sourceVersionId: ids[place] ?? null }));
    const joined = join(sampleSnapshot({}), sampleKnown({ records: [{ ...record, versions }] }));
    const view = managedSecret(joined, person("viewer"), { ...record, versions }, noHistory);
    expect(view.versions.map(({ text }) => text.split(", ").at(-1))).toEqual([
      "version 9f1c2d3e… at its source",
      "version 7 at its source",
    ]);
  });

  it("says what holds an old version; who needs the present one, its grants say", () => {
    const { api, secrets, record } = sampleState();
    const moved = { ...api, previousReferences: [sampleReference({ objectName: "db_password_v1" })] };
    const gone = sampleTask({ serviceId: "gone", secretObjectIds: ["object-db_password_v1"] });
    const nodes = [sampleNode({ hostname: "node-2", state: "down" })];
    const snapshot = sampleSnapshot({ secrets, services: [moved], tasks: [gone], nodes });
    const view = managedSecret(
      join(snapshot, sampleKnown({ records: [record] })),
      person("administrator"),
      record,
      noHistory,
    );
    expect(view.versions.map(({ number, heldBy }) => [number, heldBy])).toEqual([
      [2, []],
      [1, ["1 old task on node-2, which is down", "shop_api could be rolled back to it"]],
    ]);
  });

  it("offers each reader what she may do, and nothing while the Swarm is away or another operation holds it", () => {
    const joined = stateWith();
    const record = joined.known.records[0] as ReturnType<typeof sampleRecord>;
    const can = (role: Person["role"], state = joined) => managedSecret(state, person(role), record, noHistory).can;
    expect(can("viewer")).toEqual([]);
    expect(can("operator")).toEqual(
      expect.arrayContaining(["secret.rotate", "secret.grant", "secret.revoke", "secret.roll-back", "secret.edit"]),
    );
    expect(can("operator")).not.toContain("secret.retire");
    expect(can("operator")).not.toContain("secret.put-back");
    expect(can("administrator")).toEqual(expect.arrayContaining(["secret.retire", "secret.rotate-emergency"]));
    const lost = { ...joined.snapshot, connection: { state: "lost", reason: "locked", since: "" } as const };
    expect(can("administrator", { ...joined, snapshot: lost })).toEqual([]);
    expect(can("administrator", { ...joined, unfinished: new Map([[record.id, rotating]]) })).toEqual([]);
  });

  it("says which can get a new value now: none that is unmanaged, under way, or delivered by a plugin", () => {
    const { secrets, record } = sampleState();
    const stateOf = (objects: typeof secrets, known: Parameters<typeof sampleKnown>[0]) =>
      secretRows(join(sampleSnapshot({ secrets: objects }), sampleKnown(known))).map(({ isRotatable }) => isRotatable);
    expect(stateOf(secrets, { records: [record] })).toEqual([true]);
    expect(stateOf(secrets, {})).toEqual([false]);
    expect(stateOf(secrets, { records: [record], operations: [rotating] })).toEqual([false]);
    const delivered = secrets.map((object) => ({ ...object, driver: "vault" }));
    expect(stateOf(delivered, { records: [record] })).toEqual([false]);
  });

  it("that is not managed comes with its proposal", () => {
    const secrets = [sampleSecret({ name: "mongo_v1" }), sampleSecret({ name: "mongo_v2" })];
    const joined = join(sampleSnapshot({ secrets }), sampleKnown());
    const view = unmanagedSecret(joined, person("operator"), joined.proposals[0] as never, noHistory);
    expect(view).toMatchObject({ name: "mongo", id: null, proposal: { name: "mongo" }, can: ["secret.adopt"] });
  });
});

describe("a service", () => {
  it("holds its secrets under their paths, with drift and what could be judged", () => {
    const joined = stateWith(withReference({ objectName: "db_password_v1" }));
    const service = [...joined.snapshot.services.values()][0] as ServiceObject;
    const view = serviceView(joined, person("operator"), service, noHistory);
    expect(view.holds).toMatchObject([
      { secretName: "db_password", version: 1, drift: { text: "names v1 instead of v2" } },
    ]);
    expect(view.judgement.verdict).toBe("running-not-verified");
    expect(view.notes).toEqual(["drifted"]);
  });

  it("with a secret in its environment is worth a look, by the name of the variable alone", () => {
    const services = [sampleService({ environmentNames: ["LOG_LEVEL", "MONGO_PASSWORD", "API_KEY_FILE"] })];
    const joined = join(sampleSnapshot({ services }), sampleKnown());
    expect(serviceRows(joined)[0]?.notes).toEqual(["secret in environment"]);
  });
});

describe("the frame and the overview", () => {
  it("say how the Swarm is, and count what needs a person", () => {
    const joined = stateWith(withReference({ objectName: "db_password_v1" }));
    const view = overviewOf(joined, []);
    expect(view.swarmSentence).toBe("The Swarm is well: its one manager answers, autolock off.");
    expect(view.needAttention).toBe(1);
    expect(frameOf(joined, true)).toMatchObject({
      swarm: { managers: 1, workers: 0, isSandbox: true },
      counts: { secrets: 1, services: 1, openOperations: 0, needAttention: 1 },
    });
    const nodes = new Map([...joined.snapshot.nodes].map(([id, node]) => [id, { ...node, state: "down" as const }]));
    const down = { ...joined, snapshot: { ...joined.snapshot, nodes } };
    expect(frameOf(down, true).swarm.nodesDown).toBe(1);
    expect(overviewOf(down, []).swarmSentence).toContain("not quite well");
    const connection = { state: "lost", reason: "no-leader", since: "2026-03-10T12:00:00.000Z" } as const;
    const lost = { ...joined, snapshot: { ...joined.snapshot, connection } };
    // Why it is away is said above every page, and there only.
    expect(overviewOf(lost, []).swarmSentence).toBe("This is what was known last.");
  });
});

describe("the overview of a Swarm where thousands of things are wrong", () => {
  const services = Array.from({ length: 3000 }, (_, place) =>
    sampleService({ id: `service-${place}`, name: `web-${place}`, environmentNames: ["API_TOKEN"] }),
  );
  const joined = join(sampleSnapshot({ services }), sampleKnown());

  it("shows the first of them and counts them all", () => {
    const view = overviewOf(joined, []);
    expect(view.findings).toHaveLength(10);
    expect(view).toMatchObject({ isCut: true, needAttention: 3000, notes: 2 });
    expect(view.kinds.find(({ rule }) => rule === "secret-in-environment")).toEqual({
      rule: "secret-in-environment",
      count: 3000,
    });
    expect(frameOf(joined, true).counts.needAttention).toBe(view.needAttention);
  });

  it("counts as many where one line stands for them all", () => {
    const { api, secrets, record } = sampleState();
    const tasks = { ...api.tasks, running: 0 };
    const short = services.map(({ id, name }) => ({ ...api, id, name, tasks }));
    const view = overviewOf(join(sampleSnapshot({ secrets, services: short }), sampleKnown({ records: [record] })), []);
    expect(view.findings.map(({ rule }) => rule)).toContain("service-short");
    expect(view.findings.length).toBeLessThan(10);
    expect(view.kinds).toContainEqual({ rule: "service-short", count: 3000 });
    expect(view.needAttention).toBeGreaterThanOrEqual(3000);
  });
});

describe("joining again", () => {
  it("costs nothing when only tasks have come and gone", () => {
    const joined = stateWith();
    const later = { ...joined.snapshot, revision: 2, tasksByService: new Map() };
    const again = joinAgain(joined, later, joined.known);
    expect(again.holders).toBe(joined.holders);
    expect(again.snapshot).toBe(later);
  });
});
