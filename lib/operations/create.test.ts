import { describe, expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import { SecretValue } from "#lib/value.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import type { PlannedValue } from "./planned-value.ts";
import { sampleChange, samplePermit, samplePlan, sampleSettings, sampleVersion, toCreated } from "./sample.ts";
import type { Plan } from "./schema.ts";
import { startOperation } from "./start.ts";
import { leaseSeconds, type Save } from "./store-port.ts";

const typed: PlannedValue = { from: "typed" };
const shownValue: PlannedValue = { from: "shown", generator: { type: "uuid" } };

function creation(value: PlannedValue, over: Partial<Plan> = {}): Plan {
  return samplePlan({
    kind: "create",
    secrets: [{ secretId: "secret-db", secretName: "db_password", fromVersion: null, toVersion: 1 }],
    create: [sampleVersion({ versionId: "version-1", number: 1, objectName: "db_password_v1", value })],
    record: [{ record: "create", secretId: "secret-db", name: "db_password", settings: sampleSettings }],
    ...over,
  });
}

const permit = () => samplePermit("secret.create", {});

function aValue(text = "what she typed"): ReadonlyMap<string, SecretValue> {
  return new Map([["version-1", new SecretValue(Buffer.from(text))]]);
}

function valuesIn({ model }: Rehearsal): [string, string][] {
  return [...model.secrets.values()].map(({ name, value }) => [name, value]);
}

/** A value that was forgotten cannot be used. */
async function isForgotten(value: SecretValue | undefined): Promise<boolean> {
  return value === undefined || value.use(async () => false).catch(() => true);
}

const timeout = new AppError("swarm-timeout", "The Swarm did not answer in time.");

describe("a value that a person typed", () => {
  it("is in the Swarm when her request is answered, and forgotten", async () => {
    const { ports, pause, ...rehearsal } = await begin();
    const values = aValue();
    const started = await startOperation(permit(), creation(typed), { values, ports, pause });
    expect(started).toMatchObject({ state: "ended", outcome: "done" });
    expect(valuesIn(rehearsal.it)).toEqual([["db_password_v1", "what she typed"]]);
    expect(await isForgotten(values.get("version-1"))).toBe(true);
    const [object] = [...rehearsal.it.model.secrets.values()];
    expect(object?.labels).toEqual({
      "io.skep.operation": started.id,
      "io.skep.version": "version-1",
      "io.skep.attempt": "1",
    });
    expect(JSON.stringify([rehearsal.it.store.events, await rehearsal.it.find(started.id)])).not.toContain("she typed");
  });

  it("is forgotten when the operation is refused", async () => {
    const { ports, pause, it: rehearsal } = await begin();
    rehearsal.store.readOnly.add("cluster-1");
    const values = aValue();
    await expect(startOperation(permit(), creation(typed), { values, ports, pause })).rejects.toMatchObject({
      code: "read-only",
    });
    expect(await isForgotten(values.get("version-1"))).toBe(true);
    expect(rehearsal.store.events).toEqual([]);
  });

  it("is taken over after a lost answer: there is one object, whether the call arrived or not", async () => {
    for (const arrives of [true, false]) {
      const { ports, pause, it: rehearsal } = await begin();
      let isFirst = true;
      rehearsal.model.meddle = async (_call, apply) => {
        if (!isFirst) return apply();
        isFirst = false;
        if (arrives) await apply();
        throw timeout;
      };
      const started = await startOperation(permit(), creation(typed), { values: aValue(), ports, pause });
      expect(started.outcome).toBe("done");
      // Sent twice, the first of the two may still come: the gate knows.
      expect(await rehearsal.store.findRepeatedCreations(["version-1"])).toHaveLength(arrives ? 0 : 1);
      expect(valuesIn(rehearsal)).toEqual([["db_password_v1", "what she typed"]]);
    }
  });

  it("goes under the next number when a foreign object takes the name in the last moment, in whatever capitals", async () => {
    const { ports, pause, it: rehearsal } = await begin();
    rehearsal.model.meddle = async ({ name }, apply) => {
      if (name === "createSecret" && rehearsal.model.secrets.size === 0) rehearsal.model.addSecret("DB_Password_v1");
      return apply();
    };
    const started = await startOperation(permit(), creation(typed), { values: aValue(), ports, pause });
    expect(started.outcome).toBe("done");
    expect(valuesIn(rehearsal)).toEqual([
      ["DB_Password_v1", "old"],
      ["db_password_v2", "what she typed"],
    ]);
    expect([...rehearsal.store.books.versions.values()]).toMatchObject([
      { number: 2, objectName: "db_password_v2", state: "current" },
    ]);
  });

  it("counts as its own numbers only names that are its own to the end", async () => {
    const { ports, pause, it: rehearsal } = await begin();
    for (const name of ["db_password_v7_old", "db_password-admin_v9", "xdb_password_v9", "db_password_v3"]) {
      rehearsal.model.addSecret(name);
    }
    rehearsal.model.addSecret("DB_Password_v1");
    const started = await startOperation(permit(), creation(typed), { values: aValue(), ports, pause });
    expect(started.outcome).toBe("done");
    expect(valuesIn(rehearsal).map(([name]) => name)).toContain("db_password_v4");
  });

  it("that never reached the Swarm ends as failed, nothing changed, and the name is free again", async () => {
    const { ports, pause, it: rehearsal } = await begin();
    const mortal = startOperation(permit(), creation(typed), {
      values: aValue(),
      ports: { ...ports, swarm: { ...ports.swarm, createSecret: () => new Promise(() => undefined) } },
    });
    mortal.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
    rehearsal.model.advance(leaseSeconds + 1);
    const [id = ""] = await rehearsal.store.findDue(1);
    const operation = await rehearsal.run(id);
    expect(operation).toMatchObject({ state: "ended", outcome: "failed-nothing-changed" });
    expect(operation.attention?.because).toContain("Enter the value again");
    expect(rehearsal.model.now - Date.parse(operation.createdAt)).toBeGreaterThanOrEqual(60_000);
    expect(rehearsal.store.books.secrets.size + rehearsal.store.books.versions.size).toBe(0);
    expect((await startOperation(permit(), creation(typed), { values: aValue(), ports, pause })).outcome).toBe("done");
  });

  it("that reached the Swarm while its request died is given up, and its object goes through the gate", async () => {
    const { ports, it: rehearsal } = await begin();
    const createSecret: typeof ports.swarm.createSecret = async (secret, value) => {
      await ports.swarm.createSecret(secret, value);
      return new Promise(() => undefined);
    };
    startOperation(permit(), creation(typed), {
      values: aValue(),
      ports: { ...ports, swarm: { ...ports.swarm, createSecret } },
    }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
    rehearsal.model.advance(leaseSeconds + 1);
    const [id = ""] = await rehearsal.store.findDue(1);
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("failed-nothing-changed");
    expect(operation.attention?.because).toContain("Enter the value again");
    const [version] = [...rehearsal.store.books.versions.values()];
    expect(version).toMatchObject({ state: "abandoned", objectId: expect.any(String) });
  });
});

describe("a generated value that is shown once", () => {
  it("comes with the answer, and is the very one that the Swarm has", async () => {
    const { ports, pause, it: rehearsal } = await begin();
    const started = await startOperation(permit(), creation(shownValue), { ports, pause });
    const shown = await started.shown[0]?.value.use(async (bytes) => bytes.toString());
    expect(valuesIn(rehearsal)).toEqual([["db_password_v1", shown]]);
    expect(JSON.stringify(started)).not.toContain(shown);
  });

  it("is not shown when the Swarm refuses it", async () => {
    const { ports, pause, it: rehearsal } = await begin();
    rehearsal.model.meddle = async () => {
      throw new AppError("swarm-refused", "The Swarm refused the change.");
    };
    const started = await startOperation(permit(), creation(shownValue), { ports, pause });
    expect(started.shown.length).toBe(0);
    expect(rehearsal.model.secrets.size).toBe(0);
  });
});

describe("a value to be shown once, where something is lost on the way", () => {
  const lost = new AppError("database-unreachable", "The database cannot be reached.");

  /** A rotation whose value is to be shown; what was made is remembered, to see whether it was overwritten. */
  async function rotation() {
    const { it: rehearsal, ports, pause } = await begin();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old] });
    const plan = rehearsal.rotation([old.id], ["a"], { create: [sampleVersion({ value: shownValue })] });
    const made: SecretValue[] = [];
    const random = {
      ...ports.random,
      value: () => made[made.push(new SecretValue(Buffer.from("made"))) - 1] as SecretValue,
    };
    const permitted = samplePermit("secret.rotate", { secretIds: ["secret-db"] });
    const start = () => startOperation(permitted, plan, { ports: { ...ports, random }, pause });
    const goOn = async () => {
      rehearsal.store.outage = null;
      rehearsal.model.advance(leaseSeconds + 1);
      const [id = ""] = await rehearsal.store.findDue(1);
      return rehearsal.run(id);
    };
    return { rehearsal, start, goOn, isOverwritten: () => isForgotten(made[0]) };
  }

  /** Postgres is lost before, or after, the save that this is about. */
  function loseAt({ store }: Rehearsal, isIt: (save: Save) => boolean, moment: "before" | "after"): void {
    const save = store.save.bind(store);
    store.save = async (lease, given) => {
      if (!isIt(given)) return save(lease, given);
      store.save = save;
      if (moment === "after") await save(lease, given);
      store.outage = lost;
      throw lost;
    };
  }

  const isMade = ({ steps = [] }: Save) => steps.some(({ facts }) => facts.object);
  const isHandedOver = ({ operation }: Save) => operation?.isValueInRequest === false;

  it("is shown all the same when the operation cannot be handed back, and it goes on", async () => {
    const { rehearsal, start, goOn } = await rotation();
    const release = rehearsal.store.release.bind(rehearsal.store);
    rehearsal.store.release = async () => {
      throw lost;
    };
    const started = await start();
    expect(await started.shown[0]?.value.use(async (bytes) => bytes.toString())).toBe("made");
    rehearsal.store.release = release;
    expect((await goOn()).outcome).toBe("done");
    expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v2" });
  });

  it.each(["before", "after"] as const)(
    "is overwritten and given up when the object was made and Postgres lost %s that was written down",
    async (moment) => {
      const { rehearsal, start, goOn, isOverwritten } = await rotation();
      loseAt(rehearsal, isMade, moment);
      await expect(start()).rejects.toMatchObject({ code: "database-unreachable" });
      expect(await isOverwritten()).toBe(true);
      const operation = await goOn();
      expect(operation.outcome).toBe("failed-nothing-changed");
      expect(rehearsal.updates("a")).toBe(0);
      expect(rehearsal.store.books.versions.get("version-2")?.state).toBe("abandoned");
    },
  );

  it.each([
    ["before", "failed-nothing-changed"],
    ["after", "done"],
  ] as const)(
    "is shown when Postgres is lost %s it knows of that: the operation ends as %s",
    async (moment, outcome) => {
      const { rehearsal, start, goOn } = await rotation();
      loseAt(rehearsal, isHandedOver, moment);
      expect((await start()).shown.length).toBe(1);
      expect((await goOn()).outcome).toBe(outcome);
    },
  );

  it("is overwritten and not shown when a worker has taken the operation over meanwhile", async () => {
    const { rehearsal, start, isOverwritten } = await rotation();
    const save = rehearsal.store.save.bind(rehearsal.store);
    rehearsal.store.save = async (lease, given) => {
      if (isHandedOver(given)) throw new AppError("lease-lost", "Another worker has taken this operation over.");
      return save(lease, given);
    };
    await expect(start()).rejects.toMatchObject({ code: "lease-lost" });
    expect(await isOverwritten()).toBe(true);
  });
});

describe("a request", () => {
  it("makes the object and leaves the services to the workers", async () => {
    const { ports, pause, it: rehearsal } = await begin();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old] });
    const create = [sampleVersion({ value: typed })];
    const plan = samplePlan({ create, changes: [sampleChange("service-a", [toCreated([old.id])])] });
    const values = new Map([["version-2", new SecretValue(Buffer.from("typed"))]]);
    const rotate = samplePermit("secret.rotate", { secretIds: ["secret-db"] });
    const started = await startOperation(rotate, plan, { values, ports, pause });
    expect(started.state).toBe("open");
    expect(rehearsal.updates("a")).toBe(0);
    expect(await rehearsal.store.findDue(5)).toEqual([started.id]);
    expect((await rehearsal.run(started.id)).outcome).toBe("done");
  });

  it("is refused for a plan of another kind than the permit, and for one with a warning that blocks", async () => {
    const { ports, pause } = await begin();
    const refused = startOperation(permit(), creation(typed, { kind: "rotate" }), { ports, pause });
    await expect(refused).rejects.toMatchObject({ code: "forbidden" });
    const warnings = [{ code: "busy", blocks: true, serviceName: "a", sentence: "a is busy.", copy: null } as const];
    const busy = startOperation(permit(), creation(typed, { warnings: [...warnings] }), { ports, pause });
    await expect(busy).rejects.toMatchObject({ code: "busy", publicMessage: "a is busy." });
  });

  it("is refused when another Swarm answers, or none", async () => {
    const { ports, pause, it: rehearsal } = await begin();
    rehearsal.model.clusterId = "another";
    await expect(startOperation(permit(), creation(shownValue), { ports, pause })).rejects.toMatchObject({
      code: "swarm-other",
    });
    rehearsal.model.outage = new AppError("swarm-no-leader", "The Swarm has no leader.");
    await expect(startOperation(permit(), creation(shownValue), { ports, pause })).rejects.toMatchObject({
      code: "swarm-no-leader",
    });
    expect(rehearsal.store.events).toEqual([]);
  });

  it("of two at once for the same secret, the second is refused and names the first", async () => {
    const { ports, pause, it: rehearsal } = await begin();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old] });
    const rotate = samplePermit("secret.rotate", { secretIds: ["secret-db"] });
    await startOperation(rotate, rehearsal.rotation([old.id], ["a"]), { ports, pause });
    const second = startOperation(rotate, rehearsal.rotation([old.id], ["a"]), { ports, pause });
    await expect(second).rejects.toMatchObject({
      code: "busy",
      publicMessage: expect.stringMatching(/"Rotate db_password"/),
    });
  });
});

describe("a value that nobody sees", () => {
  it("is made anew after a lost answer, and there is still one object", async () => {
    for (const arrives of [true, false]) {
      const { it: rehearsal } = await begin();
      const old = rehearsal.own();
      rehearsal.model.addService("a", { secrets: [old] });
      let isFirst = true;
      rehearsal.model.meddle = async (_call, apply) => {
        if (!isFirst) return apply();
        isFirst = false;
        if (arrives) await apply();
        throw timeout;
      };
      const operation = await rehearsal.run(await rehearsal.start(rehearsal.rotation([old.id], ["a"])));
      expect(operation.outcome).toBe("done");
      expect(valuesIn(rehearsal).map(([name]) => name)).toEqual(["db_password_v1", "db_password_v2"]);
    }
  });

  it("never moves a secret whose name only begins the same", async () => {
    const { it: rehearsal } = await begin();
    const old = rehearsal.own("db");
    const foreign = rehearsal.model.addSecret("db-admin_v1");
    rehearsal.model.addService("a", { secrets: [old, { ...foreign, target: "admin" }] });
    const plan = rehearsal.rotation([old.id], ["a"], { create: [sampleVersion({ objectName: "db_v2" })] });
    expect((await rehearsal.run(await rehearsal.start(plan))).outcome).toBe("done");
    expect(rehearsal.named("a")).toEqual({ db_password: "db_v2", admin: "db-admin_v1" });
  });

  it("whose object the Swarm refuses five times ends as failed, nothing changed", async () => {
    const { it: rehearsal } = await begin();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old] });
    rehearsal.model.meddle = async ({ name }, apply) => {
      if (name === "createSecret") throw new AppError("swarm-refused", "The Swarm refused the change.");
      return apply();
    };
    const operation = await rehearsal.run(await rehearsal.start(rehearsal.rotation([old.id], ["a"])));
    expect(operation.outcome).toBe("failed-nothing-changed");
    expect(rehearsal.updates("a")).toBe(0);
  });
});

async function begin() {
  const rehearsal = new Rehearsal();
  const pause = async (seconds: number) => rehearsal.model.advance(seconds);
  return { it: rehearsal, ports: rehearsal.ports, pause };
}

describe("labels of the version before", () => {
  it("go on to the next one by the keys of the plan; their values are in no row and no line", async () => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    const object = rehearsal.model.secrets.get(old.id);
    if (!object) throw new Error("no object");
    object.labels = { "team/access": "payments", "content-sum": "4711", other: "stays" };
    const plan = rehearsal.rotation([old.id], []);
    const labelsOf = { objectId: old.id, keys: ["content-sum", "team/access"] };
    const create = plan.create.map((version) => ({ ...version, labelsOf }));
    const operation = await rehearsal.run(await rehearsal.start({ ...plan, create }));
    expect(operation.outcome).toBe("done");
    const made = [...rehearsal.model.secrets.values()].find(({ name }) => name === "db_password_v2");
    expect(made?.labels).toMatchObject({ "team/access": "payments", "content-sum": "4711" });
    expect(made?.labels).not.toHaveProperty("other");
    expect(JSON.stringify([operation, rehearsal.store.events])).not.toMatch(/payments|4711/);
    const [intent] = rehearsal.store.events.filter(({ detail }) => detail.type === "call.intended");
    expect(intent?.detail).toMatchObject({ call: { labelKeys: ["content-sum", "team/access"] } });
  });
});
