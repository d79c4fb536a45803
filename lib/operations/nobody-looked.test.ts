import { describe, expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import { takeUp } from "./advance.ts";
import { findStep, type Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { decideAttention } from "./requests/decide.ts";
import { samplePermit } from "./sample.ts";
import { leaseSeconds } from "./store-port.ts";

/** One of two tasks runs, and the service has its ten minutes for the second; then nobody looks for an hour. */
async function halfWay() {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  rehearsal.model.addService("a", { secrets: [old] });
  rehearsal.model.rollout.fates.push({ serviceId: "service-a", fate: { startSeconds: 60 } });
  const id = await rehearsal.start(rehearsal.rotation([old.id], ["a"]));
  await rehearsal.run(id, { until: isHalf });
  return { rehearsal, id };
}

function isHalf(operation: Operation): boolean {
  const { running, waitsFor } = findStep(operation, "watch", "service-a")?.facts ?? {};
  return running === 1 && waitsFor === null;
}

/** What comes of the tasks in that hour begins again at its end: another hand restarts them. */
function restart({ model }: Rehearsal): void {
  model.edit("service-a", ({ TaskTemplate }) => Object.assign(TaskTemplate, { ForceUpdate: 1 }));
  model.advance(5);
}

describe("time in which nobody looked is nobody's delay", () => {
  it("when Skep was stopped in order", async () => {
    const { rehearsal, id } = await halfWay();
    rehearsal.model.advance(3600);
    restart(rehearsal);
    expect((await rehearsal.run(id)).outcome).toBe("done");
  });

  it("when the Swarm was away for so long that a person was asked, and let it go on", async () => {
    const { rehearsal, id } = await halfWay();
    rehearsal.model.outage = new AppError("swarm-no-leader", "The Swarm has no leader.");
    expect((await rehearsal.run(id)).state).toBe("needs-attention");
    rehearsal.model.outage = null;
    restart(rehearsal);
    await decideAttention(
      samplePermit("operation.decide", { operationId: id, kind: "rotate" }),
      "try-again",
      rehearsal.store,
    );
    expect((await rehearsal.run(id)).outcome).toBe("done");
  });

  it.each([
    [
      "read-only",
      ({ store }: Rehearsal, is: boolean) => (is ? store.readOnly.add("cluster-1") : store.readOnly.clear()),
    ],
    ["another one", ({ model }: Rehearsal, is: boolean) => Object.assign(model, { clusterId: is ? "x" : "cluster-1" })],
  ])("when the Swarm was %s", async (_what, change) => {
    const { rehearsal, id } = await halfWay();
    const { work, lease } = await rehearsal.takeUp(id);
    await work.goOn();
    change(rehearsal, true);
    rehearsal.model.advance(20);
    expect(await work.goOn()).toMatchObject({ state: "open", waitSeconds: 30 });
    await rehearsal.store.release(lease, 30);
    rehearsal.model.advance(3600);
    change(rehearsal, false);
    restart(rehearsal);
    expect((await rehearsal.run(id)).outcome).toBe("done");
  });
});

describe("a worker whose clock is an hour ahead", () => {
  it("waits a minute of the store's time for what a dead one may have sent", async () => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old] });
    const id = await rehearsal.start(rehearsal.rotation([old.id], ["a"]));
    const { model, store, ports } = rehearsal;
    const dying = { ...ports, swarm: { ...ports.swarm, createSecret: () => new Promise<never>(() => undefined) } };
    const leased = await store.lease(id, "dies");
    if (!leased) throw new Error("nothing to take up");
    void takeUp(leased, dying).goOn();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const sentAt = model.now;
    const detail = { type: "operation.undo-requested" as const, secrets: [] };
    await store.wish(id, { direction: "undoing", event: { actor: { type: "system" }, detail } }, { state: ["open"] });
    model.advance(leaseSeconds + 1);
    const ahead = { ...ports, clock: { now: () => new Date(model.now + 3_600_000) } };
    const next = await store.lease(id, "ahead");
    if (!next) throw new Error("nothing to take up");
    const work = takeUp(next, ahead);
    let progress = await work.goOn();
    while (progress.state === "open") {
      model.advance(Math.max(0.05, progress.waitSeconds));
      progress = await work.goOn();
    }
    expect(model.now - sentAt).toBeGreaterThanOrEqual(60_000);
    expect(work.operation.outcome).toBe("failed-nothing-changed");
  });
});
