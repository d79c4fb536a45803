import "server-only";
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { event, systemActor } from "../pass.ts";
import { leaseSeconds } from "../store-port.ts";
import {
  begun as begunIn,
  fail,
  newOperation,
  planFor,
  refusal,
  type StoreUnderTest,
  stop,
} from "./store-under-test.ts";

/** Who may work on an operation, and who may update a service, be it by Postgres or by a test's store. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of tests, as in a test file.
export function leaseContract(open: () => Promise<StoreUnderTest>): void {
  const begun = () => begunIn(open);

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

    it("tells the store's time, which passes for all who lease", async () => {
      const { store, id, pass } = await begun();
      const first = (await store.lease(id, "one")) ?? fail();
      await store.release(first.lease, 0);
      await pass(0);
      const second = (await store.lease(id, "two")) ?? fail();
      expect(Date.parse(second.leasedAt)).toBeGreaterThanOrEqual(Date.parse(first.leasedAt));
      expect(Math.abs(Date.parse(first.leasedAt) - Date.parse(first.operation.createdAt))).toBeLessThan(60_000);
    });

    it("of an open operation is never handed back for good", async () => {
      const { store, id } = await begun();
      const { lease } = (await store.lease(id, "one")) ?? fail();
      await store.release(lease, null);
      expect(await store.findDue(10)).toContain(id);
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
