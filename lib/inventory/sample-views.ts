import "server-only";
import type { KnownOperation } from "#lib/findings/input.ts";
import { sampleGrants, sampleRecord, sampleVersion } from "#lib/grants/sample.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { needsAttention } from "#lib/secrets/schema.ts";
import { sampleReference, sampleSecret, sampleService, sampleTask } from "#lib/swarm/sample.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { type Joined, join } from "./joined.ts";
import { frameOf, overviewOf } from "./overview.ts";
import { secretRows } from "./rows.ts";
import { sampleKnown, sampleNode, sampleSnapshot } from "./sample.ts";
import type { FrameView, OverviewView, SecretsView, SecretView, ServiceRow, ServiceView } from "./schema.ts";
import { managedSecret } from "./secret.ts";
import { serviceRows, serviceView } from "./services.ts";

/** A Swarm in which a secret is in each condition, made by the same code that makes the pages. For tests and the gallery. */
export function sampleViews(reader: Actor): {
  frame: FrameView;
  overview: OverviewView;
  secrets: SecretsView;
  secretViews: SecretView[];
  services: ServiceRow[];
  serviceViews: ServiceView[];
} {
  const joined = sampleJoined();
  const rows = secretRows(joined);
  const history = { operations: joined.known.operations, events: [], eventCount: 0, writes: [] };
  return {
    frame: { ...frameOf(joined, true), revision: 1 },
    overview: overviewOf(joined, []),
    secrets: {
      rows,
      unmanaged: joined.proposals.length,
      needAttention: rows.filter(needsAttention).length,
      can: ["secret.create", "secret.adopt", "secret.rotate"],
    },
    secretViews: joined.known.records.map((record) => managedSecret(joined, reader, record, history)),
    services: serviceRows(joined),
    serviceViews: [...joined.snapshot.services.values()].map((each) => serviceView(joined, reader, each, history)),
  };
}

const names = [
  "db_password",
  "jwt_key",
  "stuck_key",
  "redis_password",
  "legacy_ftp",
  "lost_key",
  "smtp_login",
  "catalog_key",
];

function sampleJoined(): Joined {
  const uses = (name: string, number: number) => sampleReference({ objectName: `${name}_v${number}`, target: name });
  const api = sampleService({
    name: "shop_api",
    stack: "shop",
    user: "1000:1000",
    isImagePinned: true,
    healthCheck: { intervalSeconds: 5, retries: 3, startPeriodSeconds: 0 },
    references: [uses("db_password", 2), uses("jwt_key", 2), uses("stuck_key", 1), uses("lost_key", 2)],
  });
  const cart = sampleService({ name: "shop_cart", stack: "shop", references: [uses("redis_password", 1)] });
  const catalog = sampleService({
    name: "shop_catalog",
    stack: "shop",
    references: [uses("catalog_key", 2)],
    environmentNames: ["MONGO_PASSWORD"],
    update: { state: "paused", startedAt: null, completedAt: null, message: "update paused due to failure" },
  });
  const mailer = sampleService({ name: "mailer", mode: { type: "replicated", replicas: 0 } });
  const bounces = sampleService({
    name: "bounces",
    references: [uses("smtp_login", 2)],
    tasks: { running: 0, desired: 1, completed: 0 },
  });
  const services: ServiceObject[] = [api, cart, catalog, mailer, bounces];
  const objects = names.flatMap((name) => [`${name}_v1`, `${name}_v2`]).filter((name) => name !== "lost_key_v2");
  const secrets = [...objects, "mongo_root_v1", "mongo_root_v2"].map((name) => sampleSecret({ name }));
  const tasks = services.map(({ id, references }) =>
    sampleTask({ id: `task-of-${id}`, serviceId: id, secretObjectIds: references.map(({ objectId }) => objectId) }),
  );
  const nodes = [sampleNode(), sampleNode({ id: "node-2", hostname: "worker-2", role: "worker", isLeader: false })];
  const records = names.map((name) => recordOf(name, services));
  const operations = [operationOn("jwt_key", "open"), operationOn("stuck_key", "needs-attention")];
  return join(sampleSnapshot({ secrets, services, tasks, nodes }), sampleKnown({ records, operations }));
}

/** Recorded as the Swarm has it, but for the one that drifted. */
function recordOf(name: string, services: ServiceObject[]) {
  const versions = [sampleVersion(name, 2, "current"), sampleVersion(name, 1, "previous")];
  const own = new Set(versions.map(({ objectId }) => objectId));
  const grants = services.flatMap(sampleGrants).filter(({ objectId }) => own.has(objectId));
  const asRecorded =
    name === "redis_password" ? grants.map((grant) => ({ ...grant, objectId: `object-${name}_v2` })) : grants;
  return sampleRecord({ name, versions, grants: asRecorded });
}

function operationOn(name: string, state: KnownOperation["state"]): KnownOperation {
  return {
    id: `operation-${name}`,
    kind: "rotate",
    state,
    outcome: null,
    verification: null,
    secretNames: [name],
    secretIds: [`secret-${name}`],
    title: `Rotate ${name}`,
    startedBy: "ops.one",
    startedAt: "2026-03-10T11:59:22.000Z",
    endedAt: null,
    outage: null,
    servicesDone: 4,
    servicesWanted: 6,
  };
}
