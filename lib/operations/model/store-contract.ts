import "server-only";
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { findStep, newStep } from "../ledger.ts";
import { event, systemActor, withFacts } from "../pass.ts";
import { sampleSettings, sampleStarter } from "../sample.ts";
import type { Plan } from "../schema.ts";
import {
  attention,
  begun as begunIn,
  fail,
  newOperation,
  planFor,
  refusal,
  type StoreUnderTest,
  stop,
} from "./store-under-test.ts";

/** What every store of operations keeps, be it Postgres or a test's. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of tests, as in a test file.
export function storeContract(open: () => Promise<StoreUnderTest>): void {
  const begun = () => begunIn(open);

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

    it("does nothing at all when anything was changed since it was last seen, and says what there is now", async () => {
      const { store, id } = await begun();
      const { lease, operation } = (await store.lease(id, "one")) ?? fail();
      const { revision } = operation;
      await store.wish(id, { direction: "undoing", attention, event: event(systemActor, stop) }, { state: ["open"] });
      const change = { operation: { state: "needs-attention" }, onlyIf: { revision } } as const;
      const seen = await store.save(lease, change);
      expect(seen).toEqual({ isSaved: false, direction: "undoing", state: "open", attention, revision: revision + 1 });
      expect((await store.find(id))?.state).toBe("open");
      const again = { ...change, onlyIf: { revision: seen.revision } };
      expect(await store.save(lease, again)).toMatchObject({ isSaved: true, state: "needs-attention" });
    });

    it("that cannot be kept whole leaves nothing of itself", async () => {
      const { store, id, operation, eventTypes } = await begun();
      const { lease } = (await store.lease(id, "one")) ?? fail();
      const name = operation.plan.secrets[0]?.secretName ?? "";
      const free = { record: "create", secretId: randomUUID(), name: randomUUID(), settings: sampleSettings } as const;
      const taken = { ...free, secretId: randomUUID(), name };
      const save = store.save(lease, {
        steps: [newStep("undo", { id: "service-a", name: "a" }, 9)],
        operation: { direction: "undoing" },
        events: [event(systemActor, stop)],
        records: [free, taken].map((planned) => ({ record: "planned", planned })),
      });
      await refusal(save, "name-taken");
      const found = (await store.find(id)) ?? fail();
      expect(found).toMatchObject({ direction: "forward", revision: 0 });
      expect(found.steps).toEqual(operation.steps);
      expect(await eventTypes(id)).toHaveLength(1);
      await store.save(lease, { records: [{ record: "planned", planned: free }] });
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

    it("is refused where the direction, or anything else, is no longer as the person saw it", async () => {
      const { store, id } = await begun();
      const wish = { direction: "stopping", event: event(systemActor, stop) } as const;
      const state = ["open"] as const;
      await refusal(store.wish(id, wish, { state, direction: ["undoing"] }), "plan-changed");
      await refusal(store.wish(id, wish, { state, revision: 1 }), "plan-changed");
      await store.wish(id, wish, { state, direction: ["forward", "undoing"], revision: 0 });
      expect((await store.find(id))?.direction).toBe("stopping");
    });

    it("of the moment before the operation is handed back wakes it all the same, however long that was to be", async () => {
      for (const seconds of [null, 60]) {
        const { store, id } = await begun();
        const { lease } = (await store.lease(id, "one")) ?? fail();
        await store.save(lease, { operation: { state: "needs-attention", attention } });
        await store.wish(id, { state: "open", event: event(systemActor, stop) }, { state: ["needs-attention"] });
        await store.release(lease, seconds);
        expect(await store.findDue(10)).toContain(id);
      }
    });
  });
}
