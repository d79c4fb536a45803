import "server-only";
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ledgerOf } from "../new-ledger.ts";
import { samplePlan, sampleSettings, sampleStarter } from "../sample.ts";
import type { RecordChange } from "../store-port.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

/** What a store knows of whose password a version has, and of those whose password is lost. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of tests, as in a test file.
export function passwordContract(open: () => Promise<StoreUnderTest>): void {
  async function begun() {
    const test = await open();
    const { store, clusterId } = test;
    const secretId = randomUUID();
    const name = `db-${secretId}`;
    const secrets = [{ secretId, secretName: name, fromVersion: null, toVersion: 1 }];
    const plan = samplePlan({ clusterId, secrets });
    const planned = { record: "create", secretId, name, settings: sampleSettings } as const;
    const rest = { actor: sampleStarter, isValueInRequest: false, events: [] };
    const records: RecordChange[] = [{ record: "planned", planned }];
    const { lease } = await store.insert(
      { id: randomUUID(), plan, steps: ledgerOf(plan), records, ...rest },
      { leaseFor: "test" },
    );
    const rotatorId = randomUUID();
    const apply = (...changes: RecordChange[]) => store.save(lease, { records: changes });
    const versionOf = (number: number) => `${secretId}-version-${number}`;
    const objectOf = (number: number) => `${secretId}-object-${number}`;
    /** A version with an object, with the password of this login. */
    async function make(number: number, login: string | null, versionId = versionOf(number)): Promise<void> {
      const objectName = `db_v${number}`;
      await apply(
        { record: "version-intended", versionId, secretId, number, objectName, rotatorId, login },
        { record: "version-made", versionId, objectId: objectOf(number) },
      );
    }
    const numbers = async (login: string | null, of = rotatorId) => {
      const found = await store.findVersionsOfLogin(clusterId, of, login);
      return found.map(({ number }) => number).sort();
    };
    return { ...test, lease, secretId, rotatorId, apply, make, numbers, versionOf, objectOf };
  }

  describe("versions with the password of a login", () => {
    it("are found by it, from the moment that they are intended until they are removed", async () => {
      const { apply, make, numbers, rotatorId, secretId, versionOf } = await begun();
      await make(1, "app_a");
      await make(2, "app_b");
      await make(3, "app_a");
      const intended = { record: "version-intended", versionId: versionOf(4), secretId, number: 4 } as const;
      await apply({ ...intended, objectName: "db_v4", rotatorId, login: "app_a" });
      expect(await numbers("app_a")).toEqual([1, 3, 4]);
      expect(await numbers("app_b")).toEqual([2]);
      await apply({ record: "version-removed", versionId: versionOf(1) });
      expect(await numbers("app_a")).toEqual([3, 4]);
    });

    it("are those of this rotator and this login alone: none is a login like any other", async () => {
      const { make, numbers } = await begun();
      await make(1, null);
      await make(2, "app_a");
      expect(await numbers(null)).toEqual([1]);
      expect(await numbers("app_a")).toEqual([2]);
      expect(await numbers("app_a", randomUUID())).toEqual([]);
    });
  });

  describe("a version whose password is lost", () => {
    it("goes on as an abandoned one of another ID, and the first ID is free for the next object", async () => {
      const { apply, make, numbers, store, clusterId, secretId, versionOf, objectOf } = await begun();
      const as = randomUUID();
      await make(1, "app_a");
      await apply({ record: "version-given-up", versionId: versionOf(1), as, keepSeconds: 0 });
      await make(2, "app_a", versionOf(1));
      await apply({ record: "version-current", secretId, versionId: versionOf(1) });
      const known = await store.findVersions(clusterId, [objectOf(1), objectOf(2)]);
      expect(known.toSorted((a, b) => a.number - b.number)).toMatchObject([
        { versionId: as, number: 1, state: "abandoned", retireRequestedBy: "Skep", retireAfter: expect.any(String) },
        { versionId: versionOf(1), number: 2, state: "current", retireAfter: null },
      ]);
      expect(await numbers("app_a")).toEqual([1, 2]);
    });

    it("is due when its operation is over", async () => {
      const { apply, make, store, clusterId, lease, versionOf, pass } = await begun();
      const as = randomUUID();
      await make(1, "app_a");
      await apply({ record: "version-given-up", versionId: versionOf(1), as, keepSeconds: 0 });
      await pass(1);
      expect(await store.findRetiring(clusterId)).toEqual([]);
      await store.save(lease, { operation: { state: "ended", outcome: "done" } });
      expect(await store.findRetiring(clusterId)).toMatchObject([{ versionId: as, state: "abandoned" }]);
    });

    it("is kept for as long as it is said to be", async () => {
      const { apply, make, store, clusterId, lease, versionOf, pass } = await begun();
      const as = randomUUID();
      await make(1, "app_a");
      await apply({ record: "version-given-up", versionId: versionOf(1), as, keepSeconds: 2 });
      await store.save(lease, { operation: { state: "ended", outcome: "done" } });
      expect(await store.findRetiring(clusterId)).toEqual([]);
      await pass(3);
      expect(await store.findRetiring(clusterId)).toMatchObject([{ versionId: as }]);
    });

    it("that was never sent has replaced none: it is of no login any more", async () => {
      const { apply, make, numbers, versionOf } = await begun();
      const as = randomUUID();
      await make(1, "app_a");
      await apply(
        { record: "version-given-up", versionId: versionOf(1), as, keepSeconds: 0 },
        { record: "version-not-set", versionId: as },
      );
      await make(2, "app_a", versionOf(1));
      expect(await numbers("app_a")).toEqual([2]);
    });

    it("that Postgres knows nothing of changes nothing", async () => {
      const { apply, make, numbers } = await begun();
      await make(1, "app_a");
      await apply({ record: "version-given-up", versionId: randomUUID(), as: randomUUID(), keepSeconds: 0 });
      expect(await numbers("app_a")).toEqual([1]);
    });
  });
}
