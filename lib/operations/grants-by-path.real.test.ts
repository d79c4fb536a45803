import { randomBytes, randomUUID } from "node:crypto";
import { expect, inject, it } from "vitest";
import { connectAs, withDatabase } from "#lib/db/connect.ts";
import { migrate } from "#lib/db/migrate.ts";
import { readMigrations } from "#lib/db/schema-engine.ts";
import { testDatabase } from "#lib/db/test-database.ts";
import { sampleReference } from "#lib/swarm/sample.ts";
import { pathOfTarget, type ReferenceChange } from "#lib/swarm/schema.ts";
import { ledgerOf } from "./new-ledger.ts";
import { samplePlan, sampleSettings, sampleStarter } from "./sample.ts";
import { operationStore } from "./store.ts";
import type { RecordChange } from "./store-port.ts";

const { database } = await testDatabase();

function changed(over: Partial<ReferenceChange>): RecordChange {
  const { uid, gid, mode } = sampleReference();
  const ends = { fromObjectId: "v1", fromObjectName: "db_v1", toObjectId: "v2", toObjectName: "db_v2" };
  const change: ReferenceChange = { change: "replaced", target: "db", uid, gid, mode, ...ends, ...over };
  return { record: "grants-changed", serviceId: "service-1", serviceName: "api", changes: [change] };
}

it("One file of a service has one grant in Postgres, however its target is spelled", async () => {
  const store = operationStore(database);
  const secrets = [{ secretId: "secret-db", secretName: "db", fromVersion: null, toVersion: 2 }];
  const versions = ([1, 2] as const).map((number) => ({
    versionId: `version-${number}`,
    number,
    objectId: `v${number}`,
    objectName: `db_v${number}`,
    createdAt: "2026-01-01T00:00:00Z",
    state: number === 2 ? ("current" as const) : ("previous" as const),
  }));
  const adopt = { record: "adopt", secretId: "secret-db", name: "db", settings: sampleSettings, versions } as const;
  const plan = samplePlan({ kind: "adopt", secrets });
  const { lease } = await store.insert(
    {
      id: randomUUID(),
      plan,
      actor: sampleStarter,
      steps: ledgerOf(plan),
      isValueInRequest: false,
      events: [],
      records: [{ record: "planned", planned: { ...adopt, versions } }],
    },
    { leaseFor: "test" },
  );
  const grants = () => database.grant.findMany({ select: { target: true, path: true, objectId: true } });
  const path = "/run/secrets/db";
  const added = { change: "added", fromObjectId: null, fromObjectName: null, toObjectId: "v1" } as const;
  await store.save(lease, { records: [changed(added)] });
  await store.save(lease, { records: [changed({ target: "/run/secrets/db" })] });
  expect(await grants()).toEqual([{ target: "/run/secrets/db", path, objectId: "v2" }]);
  const services = [
    {
      serviceId: "service-1",
      serviceName: "api",
      references: [{ ...sampleReference(), target: "db", objectId: "v2" }],
    },
  ];
  await store.save(lease, { records: [{ record: "grants-seen", secretId: "secret-db", services }] });
  expect(await grants()).toEqual([{ target: "db", path, objectId: "v2" }]);
  const removed = { change: "removed", fromObjectId: "v2", toObjectId: null, toObjectName: null } as const;
  await store.save(lease, { records: [changed({ ...removed, target: "/run//secrets/./db" })] });
  expect(await grants()).toEqual([]);
});

it("Of two grants of one file that were recorded before, the later one stays", async () => {
  const provided = inject("postgres");
  const name = `paths_${randomBytes(6).toString("hex")}`;
  await connectAs(provided.ownerUrl, (client) => client.query(`CREATE DATABASE ${name}`));
  const urls = {
    ownerUrl: withDatabase(provided.ownerUrl, name),
    applicationUrl: withDatabase(provided.applicationUrl, name),
  };
  const all = await readMigrations();
  const index = all.findIndex((migration) => migration.name.endsWith("_grants_by_path"));
  await migrate({ ...urls, migrations: all.slice(0, index) });
  const targets = ["db", "/run/secrets/db", "folder//./db", "/etc/./.db", "/etc/db"];
  const rows = await connectAs(urls.ownerUrl, async (client) => {
    await client.query(`INSERT INTO "Secret" ("id", "clusterId", "name") VALUES ('s', 'c', 'db')`);
    for (const [second, target] of targets.entries()) {
      await client.query(
        `INSERT INTO "Grant" ("id", "clusterId", "secretId", "serviceId", "serviceName", "target", "uid", "gid", "mode", "objectId", "recordedAt")
         VALUES ($1, 'c', 's', 'x', 'x', $2, '0', '0', 292, 'v1', make_timestamptz(2026, 1, 1, 0, 0, $3, 'UTC'))`,
        [`grant-${second}`, target, second],
      );
    }
    await migrate({ ...urls, migrations: all.slice(0, index + 1) });
    return client.query<{ target: string; path: string }>(`SELECT "target", "path" FROM "Grant" ORDER BY "id"`);
  });
  expect(rows.rows).toEqual(targets.slice(1).map((target) => ({ target, path: pathOfTarget(target) })));
  await connectAs(provided.ownerUrl, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
});
