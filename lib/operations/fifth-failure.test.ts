import { describe, expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import { findStep, type Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { decideAttention } from "./requests/decide.ts";
import { samplePermit, samplePlan, sampleSettings, sampleStarter } from "./sample.ts";
import type { AttentionChoice, PlannedRecord } from "./schema.ts";
import { viewOf } from "./view.ts";

const refused = new AppError("swarm-refused", "The Swarm refused the change.");

function scene() {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  rehearsal.model.addService("a", { secrets: [old] });
  return { rehearsal, plan: rehearsal.rotation([old.id], ["a"]) };
}

/** Five calls of this kind are refused; the fifth one arrives all the same, or does not. */
function refuse({ model }: Rehearsal, method: string, arrives: boolean, { after = 0 } = {}): void {
  let times = -after;
  model.meddle = async ({ name }, apply) => {
    if (name !== method) return apply();
    times += 1;
    if (times > 5 || times <= 0) return apply();
    if (times === 5 && arrives) await apply();
    throw refused;
  };
}

async function decide(rehearsal: Rehearsal, { id, kind }: Operation, choice: AttentionChoice): Promise<Operation> {
  await decideAttention(samplePermit("operation.decide", { operationId: id, kind }), choice, rehearsal.store);
  return rehearsal.run(id);
}

function expectAnswered({ store }: Rehearsal): void {
  const keys = (type: "call.intended" | "call.ended") =>
    store.events.flatMap(({ detail }) => (detail.type === type ? [`${detail.step}#${detail.attempt}`] : [])).toSorted();
  expect(keys("call.ended")).toEqual(keys("call.intended"));
}

describe("a call that fails for the fifth time", () => {
  it("and has moved the service all the same is seen, and can be undone", async () => {
    const { rehearsal, plan } = scene();
    refuse(rehearsal, "updateService", true);
    const asked = await rehearsal.run(await rehearsal.start(plan));
    expect(asked).toMatchObject({ state: "needs-attention", attention: { because: refused.publicMessage } });
    expect(findStep(asked, "move", "service-a")).toMatchObject({
      state: "done",
      facts: { isApplied: true, intent: null },
    });
    const operation = await decide(rehearsal, asked, "undo");
    expect(operation.outcome).toBe("undone");
    expect(viewOf(operation, sampleStarter).summary).toContain("1 service is on the old version again");
    expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v1" });
    expectAnswered(rehearsal);
  });

  it("and has moved nothing has failed, is written down as that, and can be tried again", async () => {
    const { rehearsal, plan } = scene();
    refuse(rehearsal, "updateService", false);
    const asked = await rehearsal.run(await rehearsal.start(plan));
    const failed = { state: "failed", errorText: refused.publicMessage, facts: { intent: null } };
    expect(findStep(asked, "move", "service-a")).toMatchObject(failed);
    expect(viewOf(asked, sampleStarter).lanes).toMatchObject([{ state: "failed" }]);
    expectAnswered(rehearsal);
    expect((await decide(rehearsal, asked, "try-again")).outcome).toBe("done");
    expect(rehearsal.updates("a")).toBe(1);
  });

  it("and would have put a service back is asked about with what became of it", async () => {
    const { rehearsal, plan } = scene();
    rehearsal.model.rollout.fates.push({ serviceId: "service-a", fate: { failsAfterSeconds: 1, error: "no" } });
    rehearsal.model.rollout.fates.push({ secretId: plan.retire[0]?.objectId ?? "", fate: { failsAfterSeconds: null } });
    refuse(rehearsal, "updateService", true, { after: 1 });
    const asked = await rehearsal.run(await rehearsal.start(plan));
    expect(asked).toMatchObject({ state: "needs-attention", attention: { choices: ["try-again", "accept"] } });
    expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v1" });
    expect(findStep(asked, "watch-undo", "service-a")?.state).toBe("done");
    expectAnswered(rehearsal);
    expect((await decide(rehearsal, asked, "try-again")).outcome).toBe("undone");
    expect(rehearsal.updates("a")).toBe(2);
  });

  it.each([true, false])(
    "and was to make an object leaves none that is forgotten (it arrived: %s)",
    async (arrives) => {
      const { rehearsal, plan } = scene();
      refuse(rehearsal, "createSecret", arrives);
      const operation = await rehearsal.run(await rehearsal.start(plan));
      expect(operation.outcome).toBe(arrives ? "undone" : "failed-nothing-changed");
      expect(operation.attention?.because).toBe(refused.publicMessage);
      const versions = [...rehearsal.store.books.versions.values()].map(({ state, retireAfter }) => [
        state,
        retireAfter !== null,
      ]);
      expect(versions).toEqual([["current", false], ...(arrives ? [["abandoned", true]] : [])]);
      expect(rehearsal.model.secrets.size).toBe(versions.length);
      expectAnswered(rehearsal);
    },
  );

  it("and of which nothing can be found out is left open: a person is asked, and it is looked at again when she says so", async () => {
    const { rehearsal, plan } = scene();
    refuse(rehearsal, "createSecret", true);
    const { swarm } = rehearsal.ports;
    const list = swarm.listSecrets.bind(swarm);
    let isBroken = true;
    Object.assign(swarm, {
      listSecrets: async () => {
        if (isBroken && rehearsal.model.secrets.size > 1) throw new AppError("swarm-broken-answer", "What is this?");
        return list();
      },
    });
    const asked = await rehearsal.run(await rehearsal.start(plan));
    expect(asked).toMatchObject({ state: "needs-attention", attention: { choices: ["try-again", "accept"] } });
    expect(asked.steps.find(({ name }) => name === "create")).toMatchObject({ state: "running" });
    isBroken = false;
    expect((await decide(rehearsal, asked, "try-again")).outcome).toBe("undone");
    expect(rehearsal.store.books.versions.get("version-2")?.state).toBe("abandoned");
    expectAnswered(rehearsal);
  });
});

describe("what cannot be written down", () => {
  const secrets = [{ secretId: "secret-new", secretName: "n", fromVersion: null, toVersion: 1 }];
  const before = sampleSettings;
  const record: PlannedRecord[] = [
    { record: "edit", secretId: "secret-new", before, after: { ...before, owner: "ops" } },
  ];

  it("five times is a failure like any other: a person is asked", async () => {
    const rehearsal = new Rehearsal();
    const save = rehearsal.store.save.bind(rehearsal.store);
    rehearsal.store.save = async (lease, given) => {
      if (given.records?.length) throw new AppError("name-taken", "There is a secret named n already.");
      return save(lease, given);
    };
    const operation = await rehearsal.run(await rehearsal.start(samplePlan({ kind: "edit", secrets, record })));
    expect(operation).toMatchObject({
      state: "needs-attention",
      attention: { because: "There is a secret named n already.", stepKey: "record" },
    });
    rehearsal.store.save = save;
    expect((await decide(rehearsal, operation, "try-again")).outcome).toBe("done");
  });

  it("of one service keeps nothing of the others from being written down", async () => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    for (const name of ["a", "b"]) rehearsal.model.addService(name, { secrets: [old] });
    const save = rehearsal.store.save.bind(rehearsal.store);
    let refusals = 3;
    rehearsal.store.save = async (lease, given) => {
      const isIt = given.records?.some((each) => each.record === "grants-changed" && each.serviceId === "service-a");
      if (isIt && refusals > 0) {
        refusals -= 1;
        throw new Error("a defect");
      }
      return save(lease, given);
    };
    const id = await rehearsal.start(rehearsal.rotation([old.id], ["a", "b"]));
    await rehearsal.run(id, { until: () => refusals < 2 });
    expect(findStep(await rehearsal.find(id), "move", "service-b")?.state).toBe("done");
    expect((await rehearsal.run(id)).outcome).toBe("done");
    expect(["a", "b"].map((name) => rehearsal.updates(name))).toEqual([1, 1]);
    expectAnswered(rehearsal);
  });
});

describe("two adoptions of one object in the same moment", () => {
  it("are one: the second is told so at once, and leaves nothing behind", async () => {
    const rehearsal = new Rehearsal();
    const object = rehearsal.model.addSecret("n");
    const adoption = (secretId: string, name: string) => {
      const version = { versionId: `${secretId}-1`, number: 1, objectId: object.id, objectName: "n", createdAt: "" };
      const versions = [{ ...version, state: "current" as const }];
      const wanted: PlannedRecord = { record: "adopt", secretId, name, settings: sampleSettings, versions };
      const own = [{ secretId, secretName: name, fromVersion: null, toVersion: 1 }];
      return samplePlan({ kind: "adopt", secrets: own, record: [wanted] });
    };
    const id = await rehearsal.start(adoption("secret-1", "n"));
    await expect(rehearsal.start(adoption("secret-2", "n"))).rejects.toMatchObject({ code: "name-taken" });
    await expect(rehearsal.start(adoption("secret-3", "m"))).rejects.toMatchObject({ code: "plan-changed" });
    expect((await rehearsal.run(id)).outcome).toBe("done");
    expect([...rehearsal.store.books.secrets.keys()]).toEqual(["secret-1"]);
    expect([...rehearsal.store.books.versions.values()]).toMatchObject([{ state: "current", objectId: object.id }]);
  });

  it("that were given up leave the object to be adopted again", async () => {
    const rehearsal = new Rehearsal();
    const object = rehearsal.model.addSecret("n");
    const version = { versionId: "version-n", number: 1, objectId: object.id, objectName: "n", createdAt: "" };
    const versions = [{ ...version, state: "current" as const }];
    const record: PlannedRecord[] = [
      { record: "adopt", secretId: "secret-n", name: "n", settings: sampleSettings, versions },
    ];
    const secrets = [{ secretId: "secret-n", secretName: "n", fromVersion: null, toVersion: 1 }];
    const plan = samplePlan({ kind: "adopt", secrets, record });
    const id = await rehearsal.start(plan);
    const event = { actor: { type: "system" }, detail: { type: "operation.stop-requested", secrets: [] } } as const;
    const stopped = { ...event, detail: { type: event.detail.type, secrets: [] } };
    await rehearsal.store.wish(id, { direction: "undoing", event: stopped }, { state: ["open"] });
    expect((await rehearsal.run(id)).outcome).toBe("failed-nothing-changed");
    expect(rehearsal.store.books.secrets.size + rehearsal.store.books.versions.size).toBe(0);
    expect((await rehearsal.run(await rehearsal.start(plan))).outcome).toBe("done");
  });
});
