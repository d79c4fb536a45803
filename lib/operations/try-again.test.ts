import { describe, expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import { findStep, type Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { decideAttention } from "./requests/decide.ts";
import { requestStop } from "./requests/stop.ts";
import { samplePermit, sampleStarter } from "./sample.ts";
import type { AttentionChoice, Plan } from "./schema.ts";
import { viewOf } from "./view.ts";

function scene(names: string[], over: Partial<Plan> = {}) {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of names) rehearsal.model.addService(name, { secrets: [old] });
  const fail = (service: string, failsAfterSeconds: number) => {
    const { fates } = rehearsal.model.rollout;
    fates.push({ serviceId: `service-${service}`, fate: { failsAfterSeconds, error: "no" } });
    fates.push({ secretId: old.id, fate: { failsAfterSeconds: null } });
  };
  return { rehearsal, plan: rehearsal.rotation([old.id], names, over), fail };
}

async function decide(rehearsal: Rehearsal, { id }: Operation, choice: AttentionChoice): Promise<Operation> {
  await decideAttention(samplePermit("operation.decide", { operationId: id, kind: "rotate" }), choice, rehearsal.store);
  return rehearsal.run(id);
}

describe("trying again", () => {
  async function stoppedThenFailed() {
    const { rehearsal, plan, fail } = scene(["a", "b"], { order: "one-by-one" });
    fail("a", 8);
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: (operation) => findStep(operation, "move", "service-a")?.state === "done" });
    await requestStop(samplePermit("operation.stop", { operationId: id }), rehearsal.store);
    const asked = await rehearsal.run(id);
    expect(asked.state).toBe("needs-attention");
    return { rehearsal, plan, asked };
  }

  it("what failed after a person's stop, in vain, asks her again", async () => {
    const { rehearsal, asked } = await stoppedThenFailed();
    for (let operation = asked, times = 0; times < 2; times += 1) {
      operation = await decide(rehearsal, operation, "try-again");
      expect(operation.attention?.choices).toEqual(["try-again", "undo", "accept"]);
      expect(rehearsal.updates("b")).toBe(0);
    }
  });

  it("what failed after a person's stop moves nothing that she stopped", async () => {
    const { rehearsal, plan, asked } = await stoppedThenFailed();
    rehearsal.model.rollout.fates.length = 0;
    rehearsal.model.addService("late", { secrets: [{ id: plan.retire[0]?.objectId ?? "", name: "db_password_v1" }] });
    const operation = await decide(rehearsal, asked, "try-again");
    expect(operation).toMatchObject({ state: "ended", outcome: "stopped-mixed", direction: "stopping" });
    const view = viewOf(operation, sampleStarter);
    expect(view.lanes.map(({ serviceName, state }) => `${serviceName} ${state}`)).toEqual([
      "a done",
      "b left-out",
      "late left-out",
    ]);
    expect(["b", "late"].map((name) => rehearsal.updates(name))).toEqual([0, 0]);
    const versions = [...rehearsal.store.books.versions.values()];
    expect(versions.map(({ state, retireAfter }) => [state, retireAfter])).toEqual([
      ["previous", null],
      ["current", null],
    ]);
  });
});

describe("trying again so soon that the Swarm's last hand still waits", () => {
  it("takes the status away and moves nothing; once more does", async () => {
    const { rehearsal, plan, fail } = scene(["a"], { oldValueStaysValid: false });
    const { model } = rehearsal;
    model.service("service-a").spec.UpdateConfig = { Parallelism: 1, Delay: 120e9, FailureAction: "pause" };
    fail("a", 1);
    const paused = await rehearsal.run(await rehearsal.start(plan));
    expect(model.service("service-a").update?.state).toBe("paused");
    model.rollout.fates.length = 0;
    const again = await decide(rehearsal, paused, "try-again");
    expect(again.state).toBe("needs-attention");
    expect(model.service("service-a").update).toBeNull();
    const operation = await decide(rehearsal, again, "try-again");
    expect(operation.outcome).toBe("done");
  });
});

describe("leaving it as it is", () => {
  it("keeps both versions, also where every service was moved and one of them failed", async () => {
    const { rehearsal, plan, fail } = scene(["a", "b"], { oldValueStaysValid: false });
    fail("b", 1);
    const operation = await decide(rehearsal, await rehearsal.run(await rehearsal.start(plan)), "accept");
    expect(operation.outcome).toBe("accepted");
    const versions = [...rehearsal.store.books.versions.values()];
    expect(versions.map(({ state, retireAfter }) => [state, retireAfter])).toEqual([
      ["previous", null],
      ["current", null],
    ]);
  });

  it("after an undo that failed keeps both versions, too", async () => {
    const { rehearsal, plan } = scene(["a", "b"]);
    rehearsal.model.rollout.fates.push({ serviceId: "service-b", fate: { failsAfterSeconds: 1, error: "no" } });
    const operation = await decide(rehearsal, await rehearsal.run(await rehearsal.start(plan)), "accept");
    expect(operation.outcome).toBe("accepted");
    const versions = [...rehearsal.store.books.versions.values()];
    expect(versions.map(({ state, retireAfter }) => [state, retireAfter])).toEqual([
      ["current", null],
      ["abandoned", null],
    ]);
  });
});

describe("a Swarm that is away for more than ten minutes", () => {
  const away = new AppError("swarm-no-leader", "The Swarm has no leader.");

  it("takes no failure from the person who was to decide about it", async () => {
    const { rehearsal, plan, fail } = scene(["a", "b", "c"], { oldValueStaysValid: false, atMost: 2 });
    fail("b", 1);
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: ({ direction }) => direction === "stopping" });
    rehearsal.model.outage = away;
    const asked = await rehearsal.run(id);
    expect(asked).toMatchObject({
      state: "needs-attention",
      attention: { stepKey: "watch:service-b", choices: ["try-again", "undo", "accept"] },
    });
    expect(asked.attention?.because).toMatch(/^b failed\..*The Swarm has no leader\.$/);
    rehearsal.model.outage = null;
    expect((await decide(rehearsal, asked, "undo")).outcome).toBe("undone");
  });

  it("takes back no decision, and no reason: both hold again when it is there", async () => {
    const { rehearsal, plan, fail } = scene(["a", "b"], { oldValueStaysValid: false });
    fail("b", 1);
    const asked = await rehearsal.run(await rehearsal.start(plan));
    rehearsal.model.outage = away;
    const again = await decide(rehearsal, asked, "accept");
    expect(again).toMatchObject({ state: "needs-attention", attention: { choices: ["try-again"] } });
    rehearsal.model.outage = null;
    const operation = await decide(rehearsal, again, "try-again");
    expect(operation).toMatchObject({ state: "ended", outcome: "accepted" });
    expect(operation.attention?.because).toContain("b failed");
    expect(rehearsal.store.books.versions.get("version-1")?.retireAfter).toBeNull();
  });
});
