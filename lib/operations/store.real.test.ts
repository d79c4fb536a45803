import { randomUUID } from "node:crypto";
import { testDatabase } from "#lib/db/test-database.ts";
import { knowledgeContract } from "./model/knowledge-contract.ts";
import { leaseContract } from "./model/lease-contract.ts";
import { passwordContract } from "./model/password-contract.ts";
import { recordContract } from "./model/record-contract.ts";
import { storeContract } from "./model/store-contract.ts";
import type { StoreUnderTest } from "./model/store-under-test.ts";
import { operationStore } from "./store.ts";

const { database } = await testDatabase();

async function open(): Promise<StoreUnderTest> {
  const clusterId = randomUUID();
  return {
    store: operationStore(database),
    clusterId,
    /** Instead of waiting, what is measured by the database's time is put into the past. */
    async pass(seconds) {
      await database.$executeRaw`UPDATE "Operation" SET
        "leaseUntil" = "leaseUntil" - make_interval(secs => ${seconds}::double precision),
        "nextWakeAt" = "nextWakeAt" - make_interval(secs => ${seconds}::double precision)
        WHERE "clusterId" = ${clusterId}`;
      await database.$executeRaw`UPDATE "Version" SET
        "retireAfter" = "retireAfter" - make_interval(secs => ${seconds}::double precision)
        WHERE "clusterId" = ${clusterId}`;
    },
    async eventTypes(operationId) {
      const rows = await database.auditEvent.findMany({ where: { operationId }, orderBy: { sequence: "asc" } });
      return rows.map(({ type }) => type);
    },
    async setReadOnly(readOnlyReason) {
      await database.swarm.create({ data: { clusterId, name: "default", readOnlyReason } });
    },
  };
}

storeContract(open);
leaseContract(open);
recordContract(open);
passwordContract(open);
knowledgeContract(open);
