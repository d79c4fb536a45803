import { describe, expect, it } from "vitest";
import { AppError, type ErrorCode } from "#lib/errors.ts";
import { callTimeoutSeconds } from "#lib/swarm/gateway.ts";
import { findStep, type Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import type { Spec } from "./model/tasks.ts";
import { decideAttention } from "./requests/decide.ts";
import { requestUndo } from "./requests/undo.ts";
import { samplePermit, sampleStarter } from "./sample.ts";
import type { AttentionChoice } from "./schema.ts";
import { leaseSeconds } from "./store-port.ts";
import { viewOf } from "./view.ts";

function scene(names = ["a", "b"]) {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of names) rehearsal.model.addService(name, { secrets: [old] });
  return { rehearsal, plan: rehearsal.rotation([old.id], names, { order: "one-by-one" }) };
}

function isMoved(service: string) {
  return (operation: Operation) => findStep(operation, "move", `service-${service}`)?.state === "done";
}

/** So far, and then ten minutes without a leader: a person is asked. */
async function awayFor(until: (operation: Operation) => boolean) {
  const { rehearsal, plan } = scene();
  const retire = plan.retire.map((each) => ({ ...each, keepSeconds: 0 }));
  const id = await rehearsal.start({ ...plan, retire });
  await rehearsal.run(id, { until });
  rehearsal.model.outage = away("swarm-no-leader");
  expect((await rehearsal.run(id)).state).toBe("needs-attention");
  return { rehearsal, id };
}

function decide({ store }: Rehearsal, id: string, choice: AttentionChoice): Promise<void> {
  return decideAttention(samplePermit("operation.decide", { operationId: id, kind: "rotate" }), choice, store);
}

function undoEffect(operation: Operation): string | undefined {
  const { attention } = viewOf(operation, sampleStarter);
  return attention?.choices.find(({ choice }) => choice === "undo")?.effect;
}

/** The calls that change something. */
function changing({ model }: Rehearsal): string[] {
  return model.calls.map(({ name }) => name).filter((name) => /^(create|update|remove)/.test(name));
}

const away = (code: ErrorCode) => new AppError(code, `The Swarm cannot be asked (${code}).`);

/** Works on for some virtual time, whatever comes of it. */
async function workFor(rehearsal: Rehearsal, id: string, seconds: number): Promise<void> {
  const end = rehearsal.model.now + seconds * 1000;
  await rehearsal.run(id, { until: () => rehearsal.model.now >= end, seconds: seconds + 60 });
}

describe("a Swarm without a leader, locked, or out of reach", () => {
  it.each(["swarm-no-leader", "swarm-locked", "swarm-not-manager", "swarm-unreachable", "swarm-timeout"] as const)(
    "(%s) is waited for, and its delay is nobody's",
    async (code) => {
      const { rehearsal, plan } = scene();
      const id = await rehearsal.start(plan);
      await rehearsal.run(id, { until: isMoved("a") });
      rehearsal.model.outage = away(code);
      await workFor(rehearsal, id, 500);
      expect((await rehearsal.find(id)).state).toBe("open");
      rehearsal.model.outage = null;
      expect((await rehearsal.run(id)).outcome).toBe("done");
      expect(["a", "b"].map((name) => rehearsal.updates(name))).toEqual([1, 1]);
    },
  );

  it("for nearly as long as a service may take to come up leaves it all of its time", async () => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old], Mode: { Replicated: { Replicas: 1 } } });
    rehearsal.model.rollout.fates.push({ fate: { startSeconds: 900 } });
    const id = await rehearsal.start(rehearsal.rotation([old.id], ["a"]));
    const begun = rehearsal.model.now;
    const operation = await rehearsal.run(id, {
      until({ steps }) {
        const seconds = (rehearsal.model.now - begun) / 1000;
        const isWatched = steps.some(({ name, deadlineAt }) => name === "watch" && deadlineAt !== null);
        rehearsal.model.outage = isWatched && seconds < 560 ? away("swarm-no-leader") : null;
        return false;
      },
    });
    expect(operation.outcome).toBe("done");
  });

  it("for longer than ten minutes needs a person, who can let it go on", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isMoved("a") });
    rehearsal.model.outage = away("swarm-no-leader");
    const operation = await rehearsal.run(id);
    expect(operation.state).toBe("needs-attention");
    expect(operation.attention).toMatchObject({
      because: expect.stringContaining("swarm-no-leader"),
      choices: ["try-again", "undo"],
    });
    rehearsal.model.outage = null;
    await decideAttention(
      samplePermit("operation.decide", { operationId: id, kind: "rotate" }),
      "try-again",
      rehearsal.store,
    );
    expect((await rehearsal.run(id)).outcome).toBe("done");
  });

  it("is told of while it lasts, since when and why, and kept in the history with how long it took", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isMoved("a") });
    rehearsal.model.outage = away("swarm-no-leader");
    await workFor(rehearsal, id, 60);
    const { outage, summary } = viewOf(await rehearsal.find(id), sampleStarter);
    expect(summary).not.toContain("goes on");
    expect(outage?.because).toContain("swarm-no-leader");
    const seconds = (rehearsal.model.now - Date.parse(outage?.since ?? "")) / 1000;
    expect(seconds).toBeGreaterThan(55);
    expect(seconds).toBeLessThan(65);
    rehearsal.model.outage = null;
    const operation = await rehearsal.run(id);
    expect(operation.outage).toBeNull();
    const waited = rehearsal.store.events.flatMap(({ detail }) => (detail.type === "operation.waited" ? [detail] : []));
    expect(waited).toMatchObject([{ because: expect.stringContaining("swarm-no-leader") }]);
    expect(waited[0]?.seconds).toBeGreaterThan(55);
  });

  it("for a moment only, as when the leader changes, is not worth a word", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isMoved("a") });
    rehearsal.model.outage = away("swarm-no-leader");
    await workFor(rehearsal, id, 1);
    rehearsal.model.outage = null;
    await rehearsal.run(id);
    expect(rehearsal.eventTypes()).not.toContain("operation.waited");
  });

  it("can be told meanwhile to undo it: that asks and sends nothing until the Swarm answers, then puts back what was moved", async () => {
    const { rehearsal, id } = await awayFor(isMoved("a"));
    const changes = changing(rehearsal);
    expect(undoEffect(await rehearsal.find(id))).toBe(
      "Begins nothing more. When the Swarm answers again, puts a back on what it had.",
    );
    await decide(rehearsal, id, "undo");
    const again = await rehearsal.run(id);
    expect(again).toMatchObject({ state: "needs-attention", direction: "undoing" });
    expect(again.attention?.choices).toEqual(["try-again"]);
    expect(changing(rehearsal)).toEqual(changes);
    rehearsal.model.outage = null;
    await decide(rehearsal, id, "try-again");
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("undone");
    expect(operation.attention?.because).toBe("The Swarm cannot be asked (swarm-no-leader). ops.one asked to undo it.");
    expect(["a", "b"].map((name) => rehearsal.updates(name))).toEqual([2, 0]);
  });

  it.each([
    ["arrived", true, 2],
    // The identical spec once, so that it cannot arrive any more.
    ["never arrived", false, 1],
  ])(
    "that is told to undo it looks first after a call that was not answered and %s",
    async (_what, arrives, updates) => {
      const { rehearsal, plan } = scene(["a"]);
      rehearsal.model.meddle = async ({ name }, apply) => {
        if (name !== "updateService") return apply();
        if (arrives) await apply();
        rehearsal.model.meddle = null;
        rehearsal.model.outage = away("swarm-no-leader");
        throw away("swarm-timeout");
      };
      const id = await rehearsal.start(plan);
      const asked = await rehearsal.run(id);
      expect(undoEffect(asked)).toMatch(
        /looks what became of the call that was not answered and puts what it has changed back\.$/,
      );
      await decide(rehearsal, id, "undo");
      rehearsal.model.advance(120);
      expect((await rehearsal.find(id)).state).toBe("open");
      rehearsal.model.outage = null;
      const operation = await rehearsal.run(id);
      expect(operation.outcome).toBe("undone");
      expect(Object.values(rehearsal.named("a"))).toEqual(["db_password_v1"]);
      expect(rehearsal.updates("a")).toBe(updates);
    },
  );

  it("is not needed for the undo of what was never begun: the ledger alone knows that nothing was changed", async () => {
    const { rehearsal, plan } = scene();
    rehearsal.model.meddle = async ({ name }, apply) => {
      const answer = await apply();
      if (name === "createSecret") rehearsal.model.outage = away("swarm-no-leader");
      return answer;
    };
    const id = await rehearsal.start(plan);
    expect((await rehearsal.run(id)).state).toBe("needs-attention");
    expect(undoEffect(await rehearsal.find(id))).toMatch(/^Begins nothing more and ends here, without the Swarm\./);
    await decide(rehearsal, id, "undo");
    expect(await rehearsal.run(id)).toMatchObject({ state: "ended", outcome: "undone" });
    expect(["a", "b"].map((name) => rehearsal.updates(name))).toEqual([0, 0]);
  });

  it("is never a reason to leave it as it is, and what was recorded is not undone any more", async () => {
    const { rehearsal, id } = await awayFor(isMoved("a"));
    await expect(decide(rehearsal, id, "accept")).rejects.toMatchObject({ code: "plan-changed" });
    const recorded = await awayFor(({ steps }) =>
      steps.some(({ name, state }) => name === "record" && state === "done"),
    );
    expect((await recorded.rehearsal.find(recorded.id)).attention?.choices).toEqual(["try-again"]);
  });

  it("that an administrator has to decide about gets nothing more, and the operation goes on when she has", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    const { work, lease } = await rehearsal.takeUp(id);
    rehearsal.store.readOnly.add("cluster-1");
    expect(await work.goOn()).toMatchObject({ state: "open" });
    expect(rehearsal.model.calls).toEqual([]);
    await rehearsal.store.release(lease, 0);
    rehearsal.store.readOnly.clear();
    expect((await rehearsal.run(id)).outcome).toBe("done");
  });

  it("that is another one gets nothing, and nothing is given up", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isMoved("a") });
    rehearsal.model.clusterId = "another";
    rehearsal.model.advance(20);
    const calls = rehearsal.model.calls.length;
    await workFor(rehearsal, id, 1000);
    expect(rehearsal.model.calls).toHaveLength(calls);
    const standing = await rehearsal.find(id);
    expect(standing).toMatchObject({ state: "open", outage: { because: expect.stringContaining("Another Swarm") } });
    rehearsal.model.clusterId = "cluster-1";
    expect((await rehearsal.run(id)).outcome).toBe("done");
  });
});

describe("a call whose answer is lost", () => {
  it.each([
    ["arrived", true],
    ["did not arrive", false],
  ])("and that %s is looked after before anything else: one update per service", async (_what, arrives) => {
    const { rehearsal, plan } = scene();
    const seen = new Set<string>();
    rehearsal.model.meddle = async ({ name, subject }, apply) => {
      if (name !== "updateService" || seen.has(subject)) return apply();
      seen.add(subject);
      if (arrives) await apply();
      throw away("swarm-timeout");
    };
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("done");
    expect(["a", "b"].map((name) => rehearsal.updates(name))).toEqual([1, 1]);
    const intended = rehearsal.eventTypes().filter((type) => type === "call.intended");
    expect(intended).toHaveLength(3);
  });

  it("and that arrives late, after the next one was sent, misses", async () => {
    const { rehearsal, plan } = scene(["a"]);
    const late: (() => Promise<unknown>)[] = [];
    rehearsal.model.meddle = async ({ name }, apply) => {
      if (name !== "updateService") return apply();
      if (late.length > 0) {
        const answer = await apply();
        for (const send of late.splice(0)) await expect(send()).rejects.toMatchObject({ code: "swarm-conflict" });
        rehearsal.model.meddle = null;
        return answer;
      }
      late.push(apply);
      throw away("swarm-timeout");
    };
    expect((await rehearsal.run(await rehearsal.start(plan))).outcome).toBe("done");
    expect(rehearsal.updates("a")).toBe(1);
  });

  it("and that a person wants undone meanwhile is made to miss by moving the service's version on", async () => {
    const { rehearsal, plan } = scene(["a"]);
    let late: (() => Promise<unknown>) | null = null;
    rehearsal.model.meddle = async ({ name }, apply) => {
      if (name !== "updateService" || late) return apply();
      late = apply;
      throw away("swarm-timeout");
    };
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: () => late !== null });
    const wish = {
      direction: "undoing",
      event: { actor: { type: "system" }, detail: { type: "operation.undo-requested", secrets: [] } },
    } as const;
    await rehearsal.store.wish(
      id,
      { ...wish, event: { actor: { type: "system" }, detail: { type: "operation.undo-requested", secrets: [] } } },
      { state: ["open"] },
    );
    const before = rehearsal.model.tasksOf("service-a").map((task) => task.id);
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("undone");
    await expect((late as unknown as () => Promise<unknown>)()).rejects.toMatchObject({ code: "swarm-conflict" });
    expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v1" });
    expect(rehearsal.model.tasksOf("service-a").map((task) => task.id)).toEqual(before);
    const fences = rehearsal.store.events.filter(
      ({ detail }) => detail.type === "call.ended" && detail.call.call === "service.update",
    );
    expect(fences.map(({ detail }) => "call" in detail && "why" in detail.call && detail.call.why)).toEqual([
      "move",
      "fence",
    ]);
  });

  it("is kept from arriving by a second fence where the first one's answer was lost too, each call with one end", async () => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old] });
    let lost = 0;
    rehearsal.model.meddle = async ({ name }, apply) => {
      if (name !== "updateService" || lost === 2) return apply();
      lost += 1;
      throw away("swarm-timeout");
    };
    const id = await rehearsal.start(rehearsal.rotation([old.id], ["a"]));
    await rehearsal.run(id, { until: (operation) => Boolean(findStep(operation, "move", "service-a")?.facts.intent) });
    await requestUndo(samplePermit("operation.undo", { operationId: id, kind: "rotate" }), rehearsal.store);
    expect((await rehearsal.run(id)).outcome).toBe("undone");
    const ends = (type: string) => rehearsal.eventTypes().filter((each) => each === type).length;
    expect(ends("call.ended")).toBe(ends("call.intended"));
  });

  it.each<[string, Partial<Spec>]>([
    ["a job", { Mode: { ReplicatedJob: { TotalCompletions: 1 } } }],
    ["no job", { Mode: { Replicated: { Replicas: 1 } } }],
  ])(
    "on a service that runs to its end (%s) is waited for a minute instead, and nothing runs again",
    async (_, spec) => {
      const rehearsal = new Rehearsal();
      const old = rehearsal.own();
      rehearsal.model.rollout.fates.push({ fate: { completesAfterSeconds: 2 } });
      rehearsal.model.addService("job", { secrets: [old], ...spec });
      const service = rehearsal.model.service("service-job");
      const RestartPolicy = { Condition: "none" } as const;
      service.spec = { ...service.spec, TaskTemplate: { ...service.spec.TaskTemplate, RestartPolicy } };
      const plan = rehearsal.rotation([old.id], ["job"], {}, { kind: "runs-to-end" });
      rehearsal.model.meddle = async ({ name }, apply) => {
        if (name === "updateService") throw away("swarm-timeout");
        return apply();
      };
      const id = await rehearsal.start(plan);
      await rehearsal.run(id, {
        until: (operation) => Boolean(findStep(operation, "move", "service-job")?.facts.intent),
      });
      const askedAt = rehearsal.model.now;
      const wish = { actor: { type: "system" }, detail: { type: "operation.undo-requested", secrets: [] } } as const;
      await rehearsal.store.wish(
        id,
        { direction: "undoing", event: { ...wish, detail: { ...wish.detail, secrets: [] } } },
        { state: ["open"] },
      );
      const operation = await rehearsal.run(id);
      expect(operation.outcome).toBe("undone");
      expect(rehearsal.model.now - askedAt).toBeGreaterThan(50_000);
      expect(rehearsal.model.tasksOf("service-job")).toHaveLength(1);
    },
  );
});

describe("a database that is lost in the middle", () => {
  it("means no call at all, not even to put back; deadlines begin anew when it is there again", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: isMoved("a") });
    const calls = rehearsal.model.calls.length;
    const { work } = await rehearsal.takeUp(id);
    rehearsal.store.outage = away("database-unreachable");
    rehearsal.model.advance(2);
    await expect(work.goOn()).rejects.toMatchObject({ code: "database-unreachable" });
    rehearsal.model.advance(3600);
    expect(rehearsal.model.calls).toHaveLength(calls);
    rehearsal.store.outage = null;
    expect((await rehearsal.run(id)).outcome).toBe("done");
  });

  it("is nobody's delay: a service that had not come up yet has its ten minutes again", async () => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [old], Mode: { Replicated: { Replicas: 1 } } });
    rehearsal.model.rollout.fates.push({ fate: { startSeconds: 3700 } });
    const id = await rehearsal.start(rehearsal.rotation([old.id], ["a"]));
    await rehearsal.run(id, {
      until: (operation) => Boolean(findStep(operation, "watch", "service-a")?.deadlineAt),
    });
    await rehearsal.takeUp(id);
    rehearsal.model.advance(3600);
    expect((await rehearsal.run(id)).outcome).toBe("done");
  });

  it("between a call and its outcome: the call is looked after when it is back", async () => {
    const { rehearsal, plan } = scene(["a"]);
    rehearsal.model.meddle = async ({ name }, apply) => {
      const answer = await apply();
      if (name === "updateService") rehearsal.store.outage = away("database-unreachable");
      return answer;
    };
    const id = await rehearsal.start(plan);
    await expect(rehearsal.run(id)).rejects.toMatchObject({ code: "database-unreachable" });
    rehearsal.store.outage = null;
    rehearsal.model.meddle = null;
    rehearsal.model.advance(leaseSeconds + 1);
    expect((await rehearsal.run(id)).outcome).toBe("done");
    expect(rehearsal.updates("a")).toBe(1);
  });
});

describe("a worker that lost its lease", () => {
  it("is never one that waited for Docker: every call ends in less than a third of it", () => {
    expect(callTimeoutSeconds).toBeLessThan(leaseSeconds / 3);
  });

  it("does nothing more: the other one ends the operation alone, and the history tells that it took it up", async () => {
    const { rehearsal, plan } = scene();
    const id = await rehearsal.start(plan);
    const { work } = await rehearsal.takeUp(id);
    await work.goOn();
    rehearsal.model.advance(leaseSeconds + 1);
    expect((await rehearsal.run(id)).outcome).toBe("done");
    expect(rehearsal.eventTypes().filter((type) => type === "operation.taken-up")).toHaveLength(1);
    await expect(work.goOn()).rejects.toMatchObject({ code: "lease-lost" });
    expect(["a", "b"].map((name) => rehearsal.updates(name))).toEqual([1, 1]);
  });
});

describe("a step that fails", () => {
  it("five times stops: a person is asked, with the reason", async () => {
    const { rehearsal, plan } = scene();
    rehearsal.model.meddle = async ({ name }, apply) => {
      if (name === "updateService") throw new AppError("swarm-refused", "The Swarm refused the change.");
      return apply();
    };
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.state).toBe("needs-attention");
    expect(operation.attention).toMatchObject({
      because: "The Swarm refused the change.",
      choices: ["try-again", "undo", "accept"],
    });
    expect(findStep(operation, "move", "service-a")).toMatchObject({ state: "failed", failures: 5 });
    expect(rehearsal.updates("b")).toBe(0);
  });

  it("four times goes on", async () => {
    const { rehearsal, plan } = scene();
    let left = 4;
    rehearsal.model.meddle = async ({ name }, apply) => {
      if (name === "updateService" && left-- > 0) throw new AppError("swarm-refused", "The Swarm refused the change.");
      return apply();
    };
    expect((await rehearsal.run(await rehearsal.start(plan))).outcome).toBe("done");
  });
});
