import { knowledgeContract } from "./knowledge-contract.ts";
import { leaseContract } from "./lease-contract.ts";
import { MemoryStore } from "./memory-store.ts";
import { passwordContract } from "./password-contract.ts";
import { recordContract } from "./record-contract.ts";
import { storeContract } from "./store-contract.ts";
import type { StoreUnderTest } from "./store-under-test.ts";

async function open(): Promise<StoreUnderTest> {
  let now = Date.parse("2026-05-01T12:00:00Z");
  const store = new MemoryStore(() => now);
  return {
    store,
    clusterId: "cluster-1",
    async pass(seconds) {
      now += seconds * 1000;
    },
    async eventTypes(id) {
      return store.events.filter(({ operationId }) => operationId === id).map(({ detail }) => detail.type);
    },
    async setReadOnly() {
      store.readOnly.add("cluster-1");
    },
  };
}

storeContract(open);
leaseContract(open);
recordContract(open);
passwordContract(open);
knowledgeContract(open);
