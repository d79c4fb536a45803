import { describe, expect, it } from "vitest";
import { findStep, type Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { decideAttention } from "./requests/decide.ts";
import { samplePermit } from "./sample.ts";

function scene() {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of ["a", "b", "c"]) rehearsal.model.addService(name, { secrets: [old] });
  const plan = rehearsal.rotation([old.id], ["a", "b", "c"], { order: "canary", canaryServiceId: "service-b" });
  return { rehearsal, old, plan };
}

const isSoaking = (operation: Operation) => Boolean(findStep(operation, "watch", "service-b")?.facts.soakFrom);
const updates = (rehearsal: Rehearsal) => ["a", "b", "c"].map((name) => rehearsal.updates(name));

describe("a canary", () => {
  it("that another hand takes back in its soak stops the rest: a person is asked", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isSoaking });
    rehearsal.model.rollBackByHand("service-b");
    const operation = await rehearsal.run(id);
    expect(operation).toMatchObject({
      state: "needs-attention",
      attention: { because: expect.stringContaining("b, the canary"), choices: ["try-again", "undo", "accept"] },
    });
    expect(updates(rehearsal)).toEqual([0, 1, 0]);
  });

  it.each([
    ["accept", "accepted", [0, 1, 0], "v1"],
    ["undo", "undone", [0, 1, 0], "v1"],
    ["try-again", "done", [1, 2, 1], "v2"],
  ] as const)("that was taken back ends by a person's %s", async (choice, outcome, sent, version) => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isSoaking });
    rehearsal.model.rollBackByHand("service-b");
    await rehearsal.run(id);
    rehearsal.model.advance(30);
    await decideAttention(
      samplePermit("operation.decide", { operationId: id, kind: "rotate" }),
      choice,
      rehearsal.store,
    );
    expect((await rehearsal.run(id)).outcome).toBe(outcome);
    expect(updates(rehearsal)).toEqual(sent);
    expect(rehearsal.named("b")).toEqual({ db_password: `db_password_${version}` });
  });

  it("that is gone is followed by the next, alone, for a whole soak", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isSoaking });
    rehearsal.model.services.delete("service-b");
    expect((await rehearsal.run(id)).outcome).toBe("done");
    expect(rehearsal.updatedAt("c")).toBeGreaterThan(rehearsal.updatedAt("a") + 15);
  });

  it("that no longer has the secret at its turn is followed by the next", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    rehearsal.model.edit("service-b", (spec) => {
      spec.TaskTemplate.ContainerSpec.Secrets = [];
    });
    rehearsal.model.advance(20);
    expect((await rehearsal.run(id)).outcome).toBe("done-left-out");
    expect(rehearsal.updatedAt("c")).toBeGreaterThan(rehearsal.updatedAt("a") + 15);
  });

  it("that was scaled to nothing has shown nothing, and is followed by the next", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isSoaking });
    rehearsal.model.edit("service-b", (spec) => {
      spec.Mode = { Replicated: { Replicas: 0 } };
    });
    expect((await rehearsal.run(id)).outcome).toBe("done");
    expect(rehearsal.updatedAt("c")).toBeGreaterThan(rehearsal.updatedAt("a") + 15);
  });
});
