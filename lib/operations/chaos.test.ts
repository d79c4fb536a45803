import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import { takeUp } from "./advance.ts";
import { type Operation, stepsNamed } from "./ledger.ts";
import { type Mortal, mortalPorts } from "./model/mortal.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { decideAttention } from "./requests/decide.ts";
import { requestStop } from "./requests/stop.ts";
import { requestUndo } from "./requests/undo.ts";
import { samplePermit } from "./sample.ts";
import { leaseSeconds } from "./store-port.ts";

/** Everything that may happen while an operation is under way, in any order: nothing of it may break a promise. */
const happening = fc.oneof(
  fc.record({ what: fc.constant("edit" as const), service: fc.constantFrom("a", "b", "c") }),
  fc.record({ what: fc.constant("scale" as const), service: fc.constantFrom("a", "b", "c"), to: fc.nat(3) }),
  fc.record({ what: fc.constant("roll-back" as const), service: fc.constantFrom("a", "b", "c") }),
  fc.record({ what: fc.constant("remove" as const), service: fc.constantFrom("a", "b", "c") }),
  fc.record({ what: fc.constant("newcomer" as const) }),
  fc.record({ what: fc.constant("fail" as const), service: fc.constantFrom("a", "b", "c") }),
  fc.record({ what: fc.constant("lose-answer" as const), arrives: fc.constantFrom("now", "late", "never") }),
  fc.record({ what: fc.constant("outage" as const), seconds: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ what: fc.constant("kill" as const), moment: fc.constantFrom("before", "after", "on-the-way") }),
  fc.record({ what: fc.constant("stop" as const) }),
  fc.record({ what: fc.constant("undo" as const) }),
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const story = fc.record({
  order: fc.constantFrom("together", "one-by-one", "canary"),
  failureAction: fc.constantFrom("pause", "continue", "rollback"),
  oldValueStaysValid: fc.boolean(),
  isEmergency: fc.boolean(),
  happenings: fc.array(fc.record({ afterSeconds: fc.integer({ min: 0, max: 30 }), happening }), { maxLength: 6 }),
});
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

class Chaos {
  readonly rehearsal = new Rehearsal();
  readonly old = this.rehearsal.own();
  readonly late: (() => Promise<unknown>)[] = [];
  id = "";
  mortal: Mortal | null = null;
  kill: "before" | "after" | "on-the-way" | null = null;
  /** What tells the model that the executor removed an object which something named. */
  wrongRemovals = 0;

  async begin({ order, failureAction, oldValueStaysValid, isEmergency }: Story): Promise<void> {
    const { rehearsal, old } = this;
    const UpdateConfig = { FailureAction: failureAction };
    for (const name of ["a", "b", "c"]) rehearsal.model.addService(name, { secrets: [old], UpdateConfig });
    const canaryServiceId = order === "canary" ? "service-b" : null;
    const plan = rehearsal.rotation([old.id], ["a", "b", "c"], { order, canaryServiceId, oldValueStaysValid });
    const retire = plan.retire.map((each) => ({ ...each, keepSeconds: isEmergency ? 0 : 60 }));
    this.id = await rehearsal.start({ ...plan, retire });
  }

  async make(given: Happening): Promise<void> {
    const { model, store } = this.rehearsal;
    const id = "service" in given ? `service-${given.service}` : "";
    const service = model.services.get(id);
    if (given.what === "edit" && service)
      model.edit(id, ({ TaskTemplate }) => Object.assign(TaskTemplate, { ForceUpdate: model.now }));
    if (given.what === "scale" && service) {
      model.edit(id, (spec) => Object.assign(spec, { Mode: { Replicated: { Replicas: given.to } } }));
    }
    if (given.what === "roll-back" && service?.previousSpec) model.rollBackByHand(id);
    if (given.what === "remove") {
      model.services.delete(id);
      for (const task of model.tasksOf(id)) Object.assign(task, { state: "shutdown", desired: "shutdown" });
    }
    if (given.what === "newcomer") model.addService(model.nextId("new"), { secrets: [this.old] });
    if (given.what === "fail") {
      model.rollout.fates.push({ serviceId: id, fate: { failsAfterSeconds: 1, error: "no" } });
      model.rollout.fates.push({ secretId: this.old.id, fate: { failsAfterSeconds: null } });
    }
    if (given.what === "lose-answer") this.#loseAnswer(given.arrives);
    if (given.what === "outage") {
      model.outage = new AppError("swarm-no-leader", "The Swarm has no leader.");
      model.advance(given.seconds);
    }
    if (given.what === "kill") this.kill = given.moment;
    const operationId = this.id;
    const ask = { stop: requestStop, undo: requestUndo } as const;
    if (given.what === "stop")
      await ask.stop(samplePermit("operation.stop", { operationId }), store).catch(() => undefined);
    if (given.what === "undo")
      await ask.undo(samplePermit("operation.undo", { operationId }), store).catch(() => undefined);
  }

  #loseAnswer(arrives: string): void {
    this.rehearsal.model.meddle = async (_call, apply) => {
      this.rehearsal.model.meddle = null;
      if (arrives === "now") await apply();
      if (arrives === "late") this.late.push(apply);
      throw new AppError("swarm-timeout", "The Swarm did not answer in time.");
    };
  }

  /** Works until the end, a decision or the given time; a worker that is to be killed dies at its next write. */
  async work(untilTime: number): Promise<Operation> {
    const { rehearsal } = this;
    while (rehearsal.model.now < untilTime) {
      const operation = await rehearsal.find(this.id);
      if (operation.state !== "open") break;
      const death = this.kill ? { at: 1, moment: this.kill } : null;
      this.kill = null;
      const mortal = mortalPorts(rehearsal.ports, null);
      const leased = await mortal.ports.store.lease(this.id, "worker");
      if (!leased) {
        rehearsal.model.advance(1);
        continue;
      }
      const doomed = mortalPorts(rehearsal.ports, death);
      const life = this.#live(takeUp(leased, doomed.ports), leased.lease, doomed, untilTime).then(() => true);
      if (await Promise.race([life, doomed.died.then(() => false)])) continue;
      this.late.push(() => doomed.arrive());
      rehearsal.model.advance(leaseSeconds + 1);
    }
    return rehearsal.find(this.id);
  }

  async #live(
    work: ReturnType<typeof takeUp>,
    lease: { operationId: string; token: bigint },
    mortal: Mortal,
    untilTime: number,
  ) {
    for (;;) {
      const progress = await work.goOn();
      if (progress.state !== "open") return mortal.ports.store.release(lease, null);
      this.rehearsal.model.advance(Math.max(0.05, progress.waitSeconds));
      if (this.rehearsal.model.now >= untilTime) return mortal.ports.store.release(lease, 0);
    }
  }
}

async function play(story: Story): Promise<{ chaos: Chaos; operation: Operation }> {
  const chaos = new Chaos();
  const { model } = chaos.rehearsal;
  await chaos.begin(story);
  for (const { afterSeconds, happening: each } of story.happenings) {
    const before = await chaos.work(model.now + afterSeconds * 1000);
    if (before.state !== "open") break;
    model.outage = null;
    await chaos.make(each);
  }
  let operation = await chaos.work(model.now + 1000);
  model.outage = null;
  operation = await chaos.work(model.now + 3 * 3600_000);
  model.meddle = null;
  for (const send of chaos.late.splice(0)) await send().catch(() => undefined);
  for (let tries = 0; operation.state === "needs-attention" && tries < 3; tries += 1) {
    const choices = operation.attention?.choices ?? [];
    expect(choices, "whoever is asked has a choice").not.toEqual([]);
    const choice = choices.includes("accept") ? "accept" : (choices[0] ?? "try-again");
    await decideAttention(samplePermit("operation.decide", { operationId: chaos.id }), choice, chaos.rehearsal.store);
    operation = await chaos.work(model.now + 3 * 3600_000);
  }
  model.advance(60);
  return { chaos, operation };
}

function expectPromises({ rehearsal, old }: Chaos, operation: Operation): void {
  const { model, store } = rehearsal;
  expect(operation.state).toBe("ended");
  const made = [...model.secrets.values()].filter(({ id }) => id !== old.id);
  expect(made.length).toBeLessThanOrEqual(1);
  const calls = store.events.flatMap(({ detail }) =>
    "call" in detail
      ? [{ type: detail.type, key: `${detail.step}#${detail.attempt}#${JSON.stringify(detail.call)}` }]
      : [],
  );
  const keys = (type: string) =>
    calls
      .filter((call) => call.type === type)
      .map(({ key }) => key)
      .toSorted();
  expect(keys("call.ended")).toEqual(keys("call.intended"));
  const effects = store.events.flatMap(({ detail }) => {
    if (detail.type !== "call.ended" || detail.result !== "applied" || detail.call.call !== "service.update") return [];
    return detail.call.changes.length > 0 ? [`${detail.call.service.id} ${detail.call.why}`] : [];
  });
  expect(new Set(effects).size, "one effective update per service and direction").toBe(effects.length);
  expect(store.events.filter(({ detail }) => detail.type === "operation.ended")).toHaveLength(1);
  expect(store.events.at(-1)?.detail.type).toBe("operation.ended");
  expect(store.locks.size).toBe(0);
  for (const service of model.services.values()) {
    const ids = (service.spec.TaskTemplate.ContainerSpec.Secrets ?? []).map(({ SecretID }) => SecretID);
    for (const id of ids) expect(model.secrets.has(id), `${service.id} names an object that is gone`).toBe(true);
  }
  for (const move of stepsNamed(operation, "move")) {
    const watch = operation.steps.find(({ key }) => key === `watch:${move.subjectId}`);
    const isOurs = operation.outcome === "done" || operation.outcome === "done-left-out";
    if (!isOurs || watch?.state !== "done" || watch.facts.left || !model.services.has(move.subjectId)) continue;
    expect(Object.values(rehearsal.named(move.subjectName))).toEqual(["db_password_v2"]);
  }
}

describe("whatever happens in the middle", () => {
  it("the operation comes to an end that is true, with one object, every call answered, and nothing removed that is named", async () => {
    await fc.assert(
      fc.asyncProperty(story, async (given) => {
        const { chaos, operation } = await play(given);
        expectPromises(chaos, operation);
      }),
      { numRuns: Number(process.env.CHAOS_RUNS ?? 100) },
    );
  }, 600_000);
});
