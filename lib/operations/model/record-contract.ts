import "server-only";
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ReferenceChange } from "#lib/swarm/schema.ts";
import { newStep } from "../ledger.ts";
import { ledgerOf } from "../new-ledger.ts";
import { withFacts } from "../pass.ts";
import { samplePlan, sampleSettings, sampleStarter } from "../sample.ts";
import type { Lease, RecordChange } from "../store-port.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

/** What a store keeps of secrets, versions and what was sent to services. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of tests, as in a test file.
export function recordContract(open: () => Promise<StoreUnderTest>): void {
  async function adopted() {
    const test = await open();
    const { store, clusterId } = test;
    const secretId = randomUUID();
    const objects = { v1: `${secretId}-1`, v2: `${secretId}-2` };
    const versions = ([1, 2] as const).map((number) => ({
      versionId: `${secretId}-version-${number}`,
      number,
      createdAt: "2026-01-01T00:00:00Z",
      objectId: objects[`v${number}`],
      objectName: `db_v${number}`,
      state: number === 2 ? ("current" as const) : ("previous" as const),
    }));
    const name = `db-${secretId}`;
    const planned = { record: "adopt", secretId, name, settings: sampleSettings, versions } as const;
    const plan = samplePlan({
      kind: "adopt",
      clusterId,
      secrets: [{ secretId, secretName: name, fromVersion: null, toVersion: 2 }],
    });
    const { lease } = await store.insert(
      {
        id: randomUUID(),
        plan,
        actor: sampleStarter,
        steps: ledgerOf(plan),
        isValueInRequest: false,
        events: [],
        records: [{ record: "planned", planned: { ...planned, versions } }],
      },
      { leaseFor: "test" },
    );
    const apply = (...records: RecordChange[]) => store.save(lease, { records });
    const [version1 = "", version2 = ""] = versions.map(({ versionId }) => versionId);
    const known = async () => {
      const found = await store.findVersions(clusterId, [objects.v1, objects.v2, `${secretId}-3`]);
      return found.toSorted((a, b) => a.number - b.number);
    };
    return { ...test, secretId, objects, version1, version2, lease, apply, known };
  }

  async function end(store: StoreUnderTest["store"], lease: Lease): Promise<void> {
    await store.save(lease, { operation: { state: "ended", outcome: "done" } });
  }

  describe("a plan that was made before another operation of its secret came or went", () => {
    it("does not start, and leaves nothing behind", async () => {
      const { store, lease, secretId, clusterId } = await adopted();
      await end(store, lease);
      const secrets = [{ secretId, secretName: "db", fromVersion: 2, toVersion: 3 }];
      const plan = samplePlan({ clusterId, secrets });
      const next = (all: number, open: number) => ({
        id: randomUUID(),
        plan,
        actor: sampleStarter,
        steps: ledgerOf(plan),
        isValueInRequest: false,
        events: [],
        records: [],
        seen: { [secretId]: { all, open } },
      });
      for (const stale of [next(0, 0), next(1, 1)]) {
        await expect(store.insert(stale)).rejects.toMatchObject({ code: "plan-changed" });
        expect(await store.find(stale.id)).toBeNull();
      }
      const fresh = next(1, 0);
      await store.insert(fresh);
      expect(await store.findOpen([secretId])).toEqual([{ operationId: fresh.id, secretId }]);
    });
  });

  // biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of tests, as in a test file.
  describe("versions", () => {
    const retiring = { record: "version-retiring", requestedBy: "ops", isStackConfirmed: true } as const;

    it("are adopted as they were found", async () => {
      const { known, secretId } = await adopted();
      expect((await known()).map(({ number, state, objectName }) => [number, state, objectName])).toEqual([
        [1, "previous", "db_v1"],
        [2, "current", "db_v2"],
      ]);
      expect((await known())[0]).toMatchObject({ secretId, retireAfter: null, retireRequestedBy: null });
    });

    it("are intended, made, and promoted in the place of the current one", async () => {
      const { apply, known, secretId } = await adopted();
      const versionId = `${secretId}-new`;
      const intended = { record: "version-intended", versionId, secretId, sourceVersionId: "7" } as const;
      await apply({ ...intended, number: 3, objectName: "db_v3" });
      expect(await known()).toHaveLength(2);
      await apply({ ...intended, number: 4, objectName: "db_v4" });
      await apply({ record: "version-made", versionId, objectId: `${secretId}-3` });
      const made = { number: 4, objectName: "db_v4", state: "pending", sourceVersionId: "7" };
      expect((await known())[2]).toMatchObject(made);
      await apply({ record: "version-current", secretId, versionId });
      expect((await known()).map(({ state }) => state)).toEqual(["previous", "previous", "current"]);
    });

    it("are forgotten when nothing was made, and their number is free again", async () => {
      const { apply, known, secretId } = await adopted();
      const versionId = `${secretId}-new`;
      await apply({ record: "version-intended", versionId, secretId, number: 3, objectName: "db_v3" });
      await apply({ record: "version-forgotten", versionId });
      const again = `${secretId}-again`;
      await apply({ record: "version-intended", versionId: again, secretId, number: 3, objectName: "db_v3" });
      await apply({ record: "version-made", versionId: again, objectId: `${secretId}-3` });
      await apply({ record: "version-forgotten", versionId: again });
      expect((await known()).map(({ number }) => number)).toEqual([1, 2, 3]);
    });

    it("are rolled back to by their number, which takes back their retirement", async () => {
      const { apply, known, secretId, version1 } = await adopted();
      await apply({ ...retiring, versionId: version1, keepSeconds: 60 });
      expect((await known())[0]).toMatchObject({ retireRequestedBy: "ops", retireAfter: expect.any(String) });
      expect((await known())[0]).toMatchObject({ isStackConfirmed: true });
      await apply({ record: "version-current", secretId, number: 1 });
      expect(await known()).toMatchObject([
        { state: "current", retireAfter: null, retireRequestedBy: null, isStackConfirmed: false },
        { state: "previous" },
      ]);
    });

    it("are due when their keep time is over and no operation holds their secret", async () => {
      const { apply, store, clusterId, version1, version2, lease, pass } = await adopted();
      await apply({ ...retiring, versionId: version1, keepSeconds: 60 });
      await apply({ ...retiring, versionId: version2, keepSeconds: 3600 });
      expect(await store.findRetiring(clusterId)).toEqual([]);
      await pass(61);
      expect(await store.findRetiring(clusterId)).toEqual([]);
      await end(store, lease);
      expect((await store.findRetiring(clusterId)).map(({ versionId }) => versionId)).toEqual([version1]);
    });

    it("whose retirement is taken back are not due any more", async () => {
      const { apply, known, version1 } = await adopted();
      await apply(
        { ...retiring, versionId: version1, keepSeconds: 0 },
        { record: "version-abandoned", versionId: version1 },
        { record: "version-kept", versionId: version1 },
      );
      const taken = { state: "abandoned", retireAfter: null, retireRequestedBy: null, isStackConfirmed: false };
      expect((await known())[0]).toMatchObject(taken);
    });

    it("that are removed are never current again", async () => {
      const { apply, known, secretId, version1 } = await adopted();
      await apply({ record: "version-removed", versionId: version1 });
      await apply({ record: "version-current", secretId, number: 1 });
      expect((await known()).map(({ state }) => state)).toEqual(["removed", "current"]);
    });

    it("that were adopted are forgotten with their adoption, and their objects may be adopted again", async () => {
      const { apply, known, secretId } = await adopted();
      const again = (id: string): RecordChange => {
        const settings = sampleSettings;
        const version = { versionId: `${id}-v`, number: 1, objectId: `${secretId}-1`, objectName: "db_v1" };
        const versions = [{ ...version, createdAt: "2026-01-01T00:00:00Z", state: "current" as const }];
        return { record: "planned", planned: { record: "adopt", secretId: id, name: id, settings, versions } };
      };
      const refused = apply(again(`${secretId}-other`));
      await expect(refused).rejects.toMatchObject({
        code: "plan-changed",
        publicMessage: expect.stringMatching("db_v1"),
      });
      expect(await known()).toHaveLength(2);
      await apply({ record: "adoption-forgotten", secretId });
      expect(await known()).toEqual([]);
      await apply(again(`${secretId}-other`));
      expect(await known()).toMatchObject([{ secretId: `${secretId}-other`, objectName: "db_v1" }]);
    });

    it("that are abandoned are due at once; removed ones never again", async () => {
      const { apply, store, clusterId, version1, version2, lease, pass } = await adopted();
      await apply({ record: "version-abandoned", versionId: version1 });
      await end(store, lease);
      await pass(1);
      expect(await store.findRetiring(clusterId)).toMatchObject([{ versionId: version1, state: "abandoned" }]);
      await apply({ record: "version-removed", versionId: version1 });
      await apply({ record: "version-removed", versionId: version2 });
      expect(await store.findRetiring(clusterId)).toEqual([]);
    });
  });

  describe("what was sent to services", () => {
    const change: ReferenceChange = {
      change: "replaced",
      target: "db",
      uid: "0",
      gid: "0",
      mode: 0o444,
      fromObjectId: "object-1",
      fromObjectName: "db_v1",
      toObjectId: "object-2",
      toObjectName: "db_v2",
    };

    const found = { at: "2026-05-01T11:59:00.000Z", isDeploy: true };
    const at = (second: number) => `2026-05-01T12:00:0${second}.000Z`;

    it("is found by the services, or by the objects that it was about, in the order of time", async () => {
      const { store, clusterId, lease } = await adopted();
      const row = (name: "move" | "undo" | "release", id: string, second: number, changes: ReferenceChange[]) => ({
        ...withFacts(newStep(name, { id, name: id }, second), {
          isApplied: true,
          changes,
          found: name === "move" ? null : found,
          ...(name === "release" && { releasedAs: 12 }),
        }),
        startedAt: at(second),
      });
      const [a, b] = [randomUUID(), randomUUID()];
      const lost = withFacts(newStep("move", { id: "c", name: "c" }, 9), { changes: [change] });
      const kept = row("undo", a, 4, [change]);
      const fenced = { ...kept, facts: { ...kept.facts, isApplied: false, isFenced: true, isResumed: true } };
      const steps = [row("release", a, 3, [change]), row("move", a, 1, [change]), row("move", b, 2, []), lost, fenced];
      await store.save(lease, { steps });
      const plain = { serviceId: a, changes: [], found, isResumed: false, releasedAs: null };
      const writes = [
        { ...plain, at: at(1), changes: [change], found: null },
        { ...plain, at: at(3), releasedAs: 12 },
        { ...plain, at: at(4), isResumed: true },
      ];
      expect(await store.findServiceWrites(clusterId, { objectIds: ["object-1"] })).toEqual(writes);
      expect(await store.findServiceWrites(clusterId, { serviceIds: [a] })).toEqual(writes);
      expect(await store.findServiceWrites(clusterId, { serviceIds: [b] })).toMatchObject([
        { serviceId: b, at: at(2) },
      ]);
      expect(await store.findServiceWrites(clusterId, { objectIds: ["object-9"] })).toEqual([]);
      expect(await store.findServiceWrites("another", { objectIds: ["object-1"] })).toEqual([]);
    });
  });
}
