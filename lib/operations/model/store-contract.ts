import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { EventDetail } from "#lib/audit/schema.ts";
import { type AppError, type ErrorCode, isAppError } from "#lib/errors.ts";
import { type Attention, findStep, ledgerOf, newStep } from "../ledger.ts";
import { event, systemActor, withFacts } from "../pass.ts";
import { sampleChange, samplePlan, sampleSettings, sampleStarter, sampleVersion, toCreated } from "../sample.ts";
import type { Plan, PlannedRecord } from "../schema.ts";
import { leaseSeconds, type NewOperation, type OperationStore } from "../store-port.ts";

export type StoreUnderTest = {
  store: OperationStore;
  clusterId: string;
  /** Lets a lease run out, or a wake-up come. */
  pass(seconds: number): Promise<void>;
  eventTypes(operationId: string): Promise<string[]>;
  setReadOnly(reason: string): Promise<void>;
};

/** What every store of operations keeps, be it Postgres or a test's. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of tests, as in a test file.
export function storeContract(open: () => Promise<StoreUnderTest>): void {
  function planFor(clusterId: string, secretId: string = randomUUID(), over: Partial<Plan> = {}): Plan {
    return samplePlan({
      clusterId,
      secrets: [{ secretId, secretName: `name-${secretId}`, fromVersion: null, toVersion: 1 }],
      create: [sampleVersion({ secretId, versionId: `version-${secretId}`, number: 1, objectName: `${secretId}_v1` })],
      changes: [sampleChange("service-a", [toCreated(["object-old"], `version-${secretId}`)])],
      record: [{ record: "create", secretId, name: `name-${secretId}`, settings: sampleSettings }],
      ...over,
    });
  }

  function newOperation(plan: Plan): NewOperation {
    return {
      id: randomUUID(),
      plan,
      actor: sampleStarter,
      steps: ledgerOf(plan),
      isValueInRequest: false,
      events: [event(systemActor, stop)],
      records: plan.record.map((planned: PlannedRecord) => ({ record: "planned", planned })),
    };
  }

  async function refusal(work: Promise<unknown>, code: ErrorCode): Promise<AppError> {
    const error = await work.then(
      () => null,
      (cause: unknown) => cause,
    );
    expect(isAppError(error, code), String(error)).toBe(true);
    return error as AppError;
  }

  async function begun() {
    const test = await open();
    const operation = newOperation(planFor(test.clusterId));
    await test.store.insert(operation);
    return { ...test, operation, id: operation.id };
  }

  describe("an operation that was inserted", () => {
    it("is found as it was planned, due at once, with its intent written down", async () => {
      const { store, operation, id, eventTypes } = await begun();
      const found = await store.find(id);
      expect(found).toMatchObject({ state: "open", direction: "forward", outcome: null, revision: 0, attention: null });
      expect(found?.plan).toEqual(operation.plan);
      expect(found?.actor).toEqual(sampleStarter);
      expect(found?.steps).toEqual(operation.steps);
      expect(await store.findDue(10)).toContain(id);
      expect(await eventTypes(id)).toEqual(["operation.stop-requested"]);
      expect(await store.find("nothing")).toBeNull();
    });

    it("keeps every other operation from its secrets until it has ended, and names itself", async () => {
      const { store, operation, id, clusterId } = await begun();
      const secretId = operation.plan.secrets[0]?.secretId ?? "";
      const other = { ...newOperation(planFor(clusterId, secretId)), records: [] };
      const busy = await refusal(store.insert(other), "busy");
      expect(busy.publicMessage).toContain(operation.plan.secrets[0]?.secretName);
      expect(await store.find(other.id)).toBeNull();
      expect(await store.findOpen([secretId])).toEqual([{ operationId: id, secretId }]);
      const leased = await store.lease(id, "worker");
      await store.save(leased?.lease ?? fail(), { operation: { state: "ended", outcome: "done" } });
      await store.insert(other);
      expect(await store.findOpen([secretId])).toEqual([{ operationId: other.id, secretId }]);
    });

    it("refuses a name that another secret has, in whatever capitals, and leaves nothing behind", async () => {
      const { store, clusterId, operation } = await begun();
      const name = `NAME-${operation.plan.secrets[0]?.secretId}`;
      const plan = planFor(clusterId);
      const record = plan.record.map((each) => ({ ...each, name }));
      const other = newOperation({ ...plan, record: record as Plan["record"] });
      await refusal(store.insert(other), "name-taken");
      expect(await store.find(other.id)).toBeNull();
    });
  });

  // biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of tests, as in a test file.
  describe("a lease", () => {
    it("is one worker's at a time, and tells whether the one before handed it back", async () => {
      const { store, id, pass } = await begun();
      const first = (await store.lease(id, "one")) ?? fail();
      expect(first.wasAbandoned).toBe(false);
      expect(await store.lease(id, "two")).toBeNull();
      expect(await store.findDue(10)).not.toContain(id);
      await store.release(first.lease, 0);
      const second = (await store.lease(id, "two")) ?? fail();
      expect(second).toMatchObject({ wasAbandoned: false, lease: { token: first.lease.token + 1n } });
      await pass(leaseSeconds + 1);
      expect(await store.findDue(10)).toContain(id);
      const third = (await store.lease(id, "three")) ?? fail();
      expect(third.wasAbandoned).toBe(true);
    });

    it("that was lost saves nothing, renews nothing and locks nothing", async () => {
      const { store, id, clusterId, pass, eventTypes } = await begun();
      const { lease } = (await store.lease(id, "one")) ?? fail();
      await pass(leaseSeconds + 1);
      await store.lease(id, "two");
      const save = { operation: { direction: "undoing" }, events: [event(systemActor, stop)] } as const;
      await refusal(store.save(lease, save), "lease-lost");
      await refusal(store.renew(lease), "lease-lost");
      await refusal(store.lockServices(lease, clusterId, ["service-x"]), "lease-lost");
      expect((await store.find(id))?.direction).toBe("forward");
      expect(await eventTypes(id)).toHaveLength(1);
    });

    it("lasts as long as it is renewed, or saved under", async () => {
      const { store, id, pass } = await begun();
      const { lease } = (await store.lease(id, "one")) ?? fail();
      for (const renew of [() => store.renew(lease), () => store.save(lease, {})]) {
        await pass(leaseSeconds - 5);
        await renew();
        await pass(leaseSeconds - 5);
        expect(await store.lease(id, "two")).toBeNull();
      }
    });

    it("is given from birth to a request that has a value", async () => {
      const { store, clusterId } = await open();
      const operation = newOperation(planFor(clusterId));
      const { lease } = await store.insert(operation, { leaseFor: "request" });
      expect(await store.lease(operation.id, "worker")).toBeNull();
      await store.save(lease, { operation: { isValueInRequest: true } });
      await store.release(lease, 0);
      expect(await store.lease(operation.id, "worker")).not.toBeNull();
    });

    it("is not given in a Swarm that an administrator has to decide about", async () => {
      const { store, id, setReadOnly, clusterId } = await begun();
      await setReadOnly("Another Swarm.");
      expect(await store.findDue(10)).not.toContain(id);
      expect(await store.lease(id, "one")).toBeNull();
      expect(await store.findReadOnlyReason(clusterId)).not.toBeNull();
    });

    it("that is handed back for a while is not due before", async () => {
      const { store, id, pass } = await begun();
      const { lease } = (await store.lease(id, "one")) ?? fail();
      await store.release(lease, 60);
      expect(await store.findDue(10)).not.toContain(id);
      await pass(61);
      expect(await store.findDue(10)).toContain(id);
    });
  });

  describe("a save", () => {
    it("keeps steps, state and events together, and counts what can be seen", async () => {
      const { store, id, eventTypes } = await begun();
      const { lease, operation } = (await store.lease(id, "one")) ?? fail();
      const move = findStep(operation, "move", "service-a") ?? fail();
      const changed = withFacts(move, { isApplied: true, waitsFor: null }, { state: "done", attempt: 2 });
      const added = newStep("undo", { id: "service-a", name: "a" }, 9);
      const at = "2026-05-01T12:00:00.123Z";
      const saved = await store.save(lease, {
        steps: [{ ...changed, startedAt: at, deadlineAt: at }, added],
        operation: { direction: "undoing", verification: "verified", attention },
        events: [event(systemActor, stop), event(systemActor, stop)],
      });
      expect(saved).toEqual({ isSaved: true, direction: "undoing", state: "open", attention, revision: 1 });
      const found = (await store.find(id)) ?? fail();
      expect(findStep(found, "move", "service-a")).toEqual({ ...changed, startedAt: at, deadlineAt: at });
      expect(found.steps.at(-1)).toEqual(added);
      expect(found).toMatchObject({ direction: "undoing", verification: "verified", attention, revision: 1 });
      expect(await eventTypes(id)).toHaveLength(3);
      await store.save(lease, { operation: { attention: null } });
      expect((await store.find(id))?.attention).toBeNull();
      expect((await store.save(lease, {})).revision).toBe(2);
    });

    it("does nothing at all when a person changed the direction meanwhile", async () => {
      const { store, id, eventTypes } = await begun();
      const { lease } = (await store.lease(id, "one")) ?? fail();
      await store.wish(id, { direction: "stopping", event: event(systemActor, stop) }, { state: ["open"] });
      const saved = await store.save(lease, {
        operation: { verification: "verified" },
        events: [event(systemActor, stop)],
        onlyIf: { direction: "forward" },
      });
      expect(saved).toMatchObject({ isSaved: false, direction: "stopping" });
      expect((await store.find(id))?.verification).toBeNull();
      expect(await eventTypes(id)).toHaveLength(2);
      expect((await store.save(lease, { onlyIf: { direction: "stopping" } })).isSaved).toBe(true);
    });
  });

  describe("a wish", () => {
    it("wakes an operation that slept, and is refused where it no longer fits", async () => {
      const { store, id } = await begun();
      const { lease } = (await store.lease(id, "one")) ?? fail();
      await store.save(lease, { operation: { state: "needs-attention", attention: { ...attention, choices: [] } } });
      await store.release(lease, null);
      expect(await store.findDue(10)).not.toContain(id);
      expect(await store.lease(id, "two")).toBeNull();
      const wish = { state: "open", event: event(systemActor, stop) } as const;
      await refusal(store.wish(id, wish, { state: ["open"] }), "plan-changed");
      await refusal(store.wish("nothing", wish, { state: ["open"] }), "not-found");
      await store.wish(id, wish, { state: ["needs-attention"] });
      expect(await store.findDue(10)).toContain(id);
    });
  });

  describe("locks of services", () => {
    it("are one operation's at a time, until it lets go or ends", async () => {
      const { store, clusterId } = await open();
      const [one, two] = [newOperation(planFor(clusterId)), newOperation(planFor(clusterId))];
      const first = (await store.insert(one, { leaseFor: "one" })).lease;
      const second = (await store.insert(two, { leaseFor: "two" })).lease;
      const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()];
      expect((await store.lockServices(first, clusterId, [b, a])).toSorted()).toEqual([a, b].toSorted());
      expect(await store.lockServices(second, clusterId, [a, b, c])).toEqual([c]);
      await store.save(first, { unlock: [a] });
      expect((await store.lockServices(second, clusterId, [a, b])).toSorted()).toEqual([a]);
      await store.save(second, { unlock: "all" });
      expect((await store.lockServices(first, clusterId, [a, c])).toSorted()).toEqual([a, c].toSorted());
    });
  });
}

const stop: EventDetail = { type: "operation.stop-requested", secrets: [] };
const attention: Attention = { because: "why", direction: "forward", stepKey: null, choice: null, choices: ["accept"] };

function fail(): never {
  throw new Error("There should have been something.");
}
