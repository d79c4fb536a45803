import "server-only";
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ledgerOf } from "../new-ledger.ts";
import { samplePlan, sampleStarter, sampleVersion } from "../sample.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

/** What a store knows out of the ledgers and plans of operations that are over. */
export function knowledgeContract(open: () => Promise<StoreUnderTest>): void {
  describe("a creation that was sent more than once", () => {
    it("is known by its version, with the last time", async () => {
      const { store, clusterId } = await open();
      const [once, twice] = [randomUUID(), randomUUID()];
      const at = "2026-03-10T12:00:00.000Z";
      const create = [once, twice].map((versionId) => sampleVersion({ versionId, secretId: versionId }));
      const plan = samplePlan({ clusterId, create, secrets: [] });
      const steps = ledgerOf(plan).map((step) =>
        step.subjectId === twice && step.name === "create"
          ? { ...step, facts: { ...step.facts, repeatedAt: at } }
          : step,
      );
      const rest = { actor: sampleStarter, isValueInRequest: false, events: [], records: [] };
      await store.insert({ id: randomUUID(), plan, steps, ...rest });
      expect(await store.findRepeatedCreations([once, twice])).toEqual([{ versionId: twice, at }]);
    });
  });
}
