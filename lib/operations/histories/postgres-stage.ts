import "server-only";
import type { Database } from "#lib/db/client.ts";
import type { AppError } from "#lib/errors.ts";
import { operationStore } from "../store.ts";
import { versionsOf } from "../store-knowledge.ts";
import type { Leased, OperationStore } from "../store-port.ts";
import { applyRecords } from "../store-records.ts";
import type { StoreStage } from "./store-stage.ts";

/** Empties what the history before has left. The audit history cannot be emptied, and is not. */
export async function clearDatabase(database: Database): Promise<void> {
  await database.$transaction([
    database.serviceLock.deleteMany(),
    database.operationStep.deleteMany(),
    database.operationSecret.deleteMany(),
    database.operation.deleteMany(),
    database.grant.deleteMany(),
    database.version.deleteMany(),
    database.secret.deleteMany(),
    database.setting.deleteMany(),
    database.person.deleteMany(),
  ]);
}

/** A real Postgres in a history's time: what Postgres measures by its own clock is moved back as the time passes. */
export function postgresStage(database: Database, now: () => number): StoreStage {
  const store = operationStore(database);
  let outage: AppError | null = null;
  const inOwnTime = (leased: Leased): Leased => ({ ...leased, leasedAt: new Date(now()).toISOString() });
  const port = new Proxy(store, {
    get(target, name) {
      const method = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return async (...given: unknown[]) => {
        if (outage) throw outage;
        const answer = await method.apply(target, given);
        return (name === "lease" || name === "insert") && answer ? inOwnTime(answer as Leased) : answer;
      };
    },
  }) as OperationStore;
  return {
    port,
    setOutage(given) {
      outage = given;
    },
    async setRole(id, role) {
      const person = { email: `${id}@example.test`, name: id, passwordHash: "" };
      if (role === null) await database.person.deleteMany({ where: { id } });
      else await database.person.upsert({ where: { id }, create: { id, role, ...person }, update: { role } });
    },
    async setAutomationPaused(isPaused) {
      const value = { isPaused, reason: null };
      await database.setting.upsert({
        where: { key: "automation" },
        create: { key: "automation", value },
        update: { value },
      });
    },
    async seed(change) {
      await database.$transaction((tx) => applyRecords(tx, [change], { id: "", clusterId: "cluster-1" }));
    },
    versions: (clusterId) => versionsOf(database, { clusterId }),
    async logins(rotatorId) {
      const own = await database.version.findMany({ where: { rotatorId }, select: { id: true, login: true } });
      return new Map(own.map(({ id, login }) => [id, login]));
    },
    async pass(seconds) {
      if (seconds === 0) return;
      await database.$executeRaw`UPDATE "Operation" SET
        "leaseUntil" = "leaseUntil" - make_interval(secs => ${seconds}::double precision),
        "nextWakeAt" = "nextWakeAt" - make_interval(secs => ${seconds}::double precision) WHERE "state" <> 'ended'`;
    },
    async everything(operationIds) {
      const kept = await Promise.all([
        database.$queryRaw`SELECT t::text FROM "Operation" t`,
        database.$queryRaw`SELECT t::text FROM "OperationStep" t`,
        database.$queryRaw`SELECT t::text FROM "Version" t`,
        database.$queryRaw`SELECT t::text FROM "Secret" t`,
        database.$queryRaw`SELECT convert_from(body, 'UTF8') FROM "AuditEvent" WHERE "operationId" = ANY(${[...operationIds]})`,
      ]);
      return JSON.stringify(kept);
    },
  };
}
