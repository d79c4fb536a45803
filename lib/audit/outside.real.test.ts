import { beforeEach, describe, expect, it } from "vitest";
import { testDatabase } from "#lib/db/test-database.ts";
import { transaction } from "#lib/db/transaction.ts";
import { configurationFrom, configure, readEnvironment } from "#lib/env.ts";
import type { SecretObject, SecretReference, ServiceObject, SwarmChange, SwarmSnapshot } from "#lib/swarm/schema.ts";
import { appendAudit } from "./append.ts";
import { recordOutsideChanges } from "./outside.ts";
import { recordChange } from "./outside-record.ts";
import { tampering } from "./sample.ts";
import type { CallResult, SwarmCall } from "./schema.ts";
import { bodyOf } from "./view.ts";

const { database, url, asOwner } = await testDatabase();
configure(
  configurationFrom(readEnvironment({}), {
    databaseUrl: url,
    docker: { host: "unix:///nowhere", certPath: null, isTlsVerified: false },
    sessionSecret: "x",
  }),
);

const cluster = "cluster-1";

beforeEach(async () => {
  await database.seenObject.deleteMany();
  await asOwner(tampering(`DELETE FROM "AuditEvent"`));
});

function secret(id: string, versionIndex: number, labels: Record<string, string> = {}): SecretObject {
  return { id, name: `name-of-${id}`, createdAt: "", versionIndex, labels, driver: null, templating: null };
}

function mount(objectId: string, target = "password"): SecretReference {
  return { objectId, objectName: `name-of-${objectId}`, target, uid: "0", gid: "0", mode: 0o444 };
}

function secretChange(before: SecretObject | null, after: SecretObject | null): SwarmChange {
  const known = after ?? before;
  const head = { objectId: known?.id ?? "", objectName: known?.name ?? "", versionIndex: known?.versionIndex ?? 0 };
  return { objectType: "secret", ...head, before, after, at: "2026-11-23T12:00:00.000Z" };
}

function serviceChange(
  versionIndex: number,
  before: SecretReference[] | null,
  after: SecretReference[] | null,
  isRolledBack = false,
): SwarmChange {
  const head = { objectId: "service-1", objectName: "shop_api", versionIndex };
  return { objectType: "service", ...head, before, after, isRolledBack, at: "2026-11-23T12:00:00.000Z" };
}

const moved = (from: string, to: string, versionIndex: number): SwarmCall => ({
  call: "service.update",
  service: { id: "service-1", name: "shop_api" },
  changes: [
    {
      change: "replaced",
      target: "password",
      uid: "0",
      gid: "0",
      mode: 0o444,
      fromObjectId: from,
      fromObjectName: `name-of-${from}`,
      toObjectId: to,
      toObjectName: `name-of-${to}`,
    },
  ],
  versionIndex,
  why: "move",
});

let attempts = 0;
async function ownCall(call: SwarmCall, result: CallResult | null = null, objectId: string | null = null) {
  attempts += 1;
  const head = { actor: { type: "system" }, clusterId: cluster, operationId: "operation-1" } as const;
  const step = { step: "move:service-1", attempt: attempts, call };
  await transaction((tx) => appendAudit(tx, { ...head, detail: { type: "call.intended", ...step } }), { database });
  if (result === null) return;
  const ended = { type: "call.ended", ...step, result, seen: null, objectId } as const;
  await transaction((tx) => appendAudit(tx, { ...head, detail: ended }), { database });
}

async function outsideLines() {
  const rows = await database.auditEvent.findMany({
    where: { type: { startsWith: "outside." } },
    orderBy: { sequence: "asc" },
  });
  return rows.map((row) => bodyOf(row).detail);
}

async function rolledBack() {
  const rows = await database.auditEvent.findMany({
    where: { type: "swarm.rolled-back" },
    orderBy: { sequence: "asc" },
  });
  return rows.map(({ actorName, operationId }) => [actorName, operationId]);
}

describe("changes outside Skep", () => {
  it("are written once, whichever instances see them", async () => {
    const created = secretChange(null, secret("s1", 10));
    await Promise.all(Array.from({ length: 4 }, () => recordChange(cluster, created)));
    const relabelled = secretChange(secret("s1", 10), secret("s1", 12, { owner: "x" }));
    await Promise.all(Array.from({ length: 4 }, () => recordChange(cluster, relabelled)));
    const removed = secretChange(secret("s1", 12), null);
    await Promise.all(Array.from({ length: 4 }, () => recordChange(cluster, removed)));
    expect(await outsideLines()).toEqual([
      { type: "outside.secret-created", objectId: "s1", objectName: "name-of-s1", versionIndex: 10 },
      {
        type: "outside.secret-relabelled",
        objectId: "s1",
        objectName: "name-of-s1",
        versionIndex: 12,
        labelKeys: ["owner"],
      },
      { type: "outside.secret-removed", objectId: "s1", objectName: "name-of-s1" },
    ]);
  });

  it("carry no label's value", async () => {
    await recordChange(cluster, secretChange(secret("s1", 10), secret("s1", 11, { sum: "canary-of-a-label" })));
    const [row] = await database.auditEvent.findMany();
    expect(Buffer.from(row?.body ?? []).toString()).not.toContain("canary");
  });

  it("are not what Skep did itself: created, moved, moved back, removed", async () => {
    const named = { id: "secret-1", name: "db_password" };
    await ownCall({ call: "secret.create", objectName: "name-of-b", secret: named, version: 2, labelKeys: [] });
    await recordChange(cluster, secretChange(null, secret("b", 10)));
    await ownCall(moved("a", "b", 20), "applied");
    await recordChange(cluster, serviceChange(21, [mount("a")], [mount("b")]));
    await ownCall(moved("b", "a", 25));
    await recordChange(cluster, serviceChange(26, [mount("b")], [mount("a")]));
    await ownCall(
      { call: "secret.remove", objectId: "b", objectName: "name-of-b", secret: named, version: 2 },
      "unknown",
    );
    await recordChange(cluster, secretChange(secret("b", 10), null));
    expect(await outsideLines()).toEqual([]);
  });

  it("are not what the Swarm rolled back by itself: that belongs to the operation whose move it was", async () => {
    await ownCall(moved("a", "b", 20), "applied");
    await recordChange(cluster, serviceChange(21, [mount("a")], [mount("b")]));
    await recordChange(cluster, serviceChange(25, [mount("b")], [mount("a")], true));
    // A deploy that another hand made, and the Swarm took back.
    await recordChange(cluster, serviceChange(30, [mount("a")], [mount("c")]));
    await recordChange(cluster, serviceChange(35, [mount("c")], [mount("a")], true));
    expect((await outsideLines()).map(({ type }) => type)).toEqual(["outside.references-changed"]);
    expect(await rolledBack()).toEqual([
      ["Docker Swarm", "operation-1"],
      ["Docker Swarm", null],
    ]);
  });

  it("stay another hand's where the Swarm rolled back something that nobody saw", async () => {
    await ownCall(moved("a", "b", 20), "applied");
    await recordChange(cluster, serviceChange(21, [mount("a")], [mount("b")]));
    // While nobody looked: c came, and after it a deploy that failed and was rolled back to c.
    await recordChange(cluster, serviceChange(40, [mount("b")], [mount("c")], true));
    // A move that did not apply is nobody's: what the Swarm then took back was another hand's.
    await ownCall(moved("c", "d", 41), "not-applied");
    await recordChange(cluster, serviceChange(50, [mount("d")], [mount("c")], true));
    expect(await rolledBack()).toEqual([]);
  });

  it("are seen where Skep's own call did not apply, or made another object", async () => {
    const named = { id: "secret-1", name: "db_password" };
    const create: SwarmCall = {
      call: "secret.create",
      objectName: "name-of-b",
      secret: named,
      version: 2,
      labelKeys: [],
    };
    await ownCall(create, "applied", "another");
    await recordChange(cluster, secretChange(null, secret("b", 10)));
    await ownCall(moved("a", "b", 20), "not-applied");
    await recordChange(cluster, serviceChange(21, [mount("a")], [mount("b")]));
    expect((await outsideLines()).map(({ type }) => type)).toEqual([
      "outside.secret-created",
      "outside.references-changed",
    ]);
  });

  it("are seen when another hand undoes and repeats what Skep did", async () => {
    await ownCall(moved("a", "b", 20), "applied");
    await recordChange(cluster, serviceChange(21, [mount("a")], [mount("b")]));
    await recordChange(cluster, serviceChange(30, [mount("b")], [mount("a")]));
    await recordChange(cluster, serviceChange(40, [mount("a")], [mount("b")]));
    expect((await outsideLines()).map((detail) => "versionIndex" in detail && detail.versionIndex)).toEqual([30, 40]);
  });

  it("are told apart from Skep's own within one look", async () => {
    await ownCall(moved("a", "b", 20), "applied");
    await recordChange(cluster, serviceChange(29, [mount("a"), mount("c", "other")], [mount("b")]));
    expect(await outsideLines()).toMatchObject([
      { changes: [{ change: "removed", target: "other", fromObjectId: "c" }] },
    ]);
  });

  it("are seen where Skep moved a service and another hand went on from there, within one look", async () => {
    await ownCall(moved("a", "b", 20), "applied");
    await recordChange(cluster, serviceChange(29, [mount("a")], [mount("c")]));
    const remounted = { ...mount("b"), mode: 0o400 };
    await ownCall(moved("c", "b", 30), "applied");
    await recordChange(cluster, serviceChange(39, [mount("c")], [remounted]));
    expect(await outsideLines()).toMatchObject([
      { changes: [{ fromObjectId: "a", toObjectId: "c" }] },
      { changes: [{ toObjectId: "b", mode: 0o400 }] },
    ]);
  });

  it("are seen again of what was told as removed and is there later all the same; an older look is no sighting", async () => {
    await recordChange(cluster, secretChange(null, secret("s1", 10)));
    await recordChange(cluster, secretChange(secret("s1", 10), null));
    await recordChange(cluster, secretChange(null, secret("s1", 10)));
    await recordChange(cluster, secretChange(secret("s1", 10), null));
    await recordChange(cluster, secretChange(secret("s1", 10), secret("s1", 12, { owner: "x" })));
    await recordChange(cluster, secretChange(secret("s1", 12), null));
    expect((await outsideLines()).map(({ type }) => type)).toEqual([
      "outside.secret-created",
      "outside.secret-removed",
      "outside.secret-relabelled",
      "outside.secret-removed",
    ]);
  });

  it("are not seen twice where the orchestrator moves the index on, nor where a look is late", async () => {
    await recordChange(cluster, serviceChange(21, [mount("a")], [mount("b")]));
    await recordChange(cluster, serviceChange(23, [mount("a")], [mount("b")]));
    await recordChange(cluster, serviceChange(20, [mount("x")], [mount("a")]));
    expect(await outsideLines()).toHaveLength(1);
  });
});

describe("the recorder", () => {
  function live(initial: { secrets: SecretObject[]; references: SecretReference[] | null; index?: number }) {
    const listeners = new Set<(change: SwarmChange) => void>();
    const service = { id: "service-1", name: "shop_api", versionIndex: initial.index ?? 5 };
    const snapshot = {
      revision: 1,
      asOf: "2026-11-23T12:00:00.000Z",
      connection: { state: "connected" },
      cluster: { id: cluster },
      secrets: new Map(initial.secrets.map((one) => [one.id, one])),
      services: new Map(
        initial.references ? [[service.id, { ...service, references: initial.references } as ServiceObject]] : [],
      ),
    } as unknown as SwarmSnapshot;
    return {
      tell: (change: SwarmChange) => listeners.forEach((listener) => void listener(change)),
      snapshot: () => snapshot,
      refreshed: async () => undefined,
      subscribe: () => () => undefined,
      onChange: (listener: (change: SwarmChange) => void) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    };
  }

  async function run(source: ReturnType<typeof live>, lines: number) {
    const stop = recordOutsideChanges(source, { retrySeconds: 0.01 });
    await expect
      .poll(async () => (await outsideLines()).length + (await database.seenObject.count()) / 1000)
      .toBeGreaterThan(lines);
    await stop();
  }

  it("takes what is there at the very first start as given, and finds what changed while no Skep ran", async () => {
    await run(live({ secrets: [secret("a", 1), secret("b", 2), secret("c", 3)], references: [mount("a")] }), 0);
    expect(await outsideLines()).toEqual([]);
    await run(
      live({ secrets: [secret("a", 9), secret("b", 2), secret("d", 8)], references: [mount("b")], index: 11 }),
      4,
    );
    const types = (await outsideLines()).map(({ type }) => type).sort();
    expect(types).toEqual([
      "outside.references-changed",
      "outside.secret-created",
      "outside.secret-relabelled",
      "outside.secret-removed",
    ]);
    const before = (await outsideLines()).length;
    const stop = recordOutsideChanges(
      live({ secrets: [secret("a", 9), secret("b", 2), secret("d", 8)], references: [mount("b")], index: 12 }),
    );
    await stop();
    expect(await outsideLines()).toHaveLength(before);
  });

  it("does not take for removed what another instance wrote down of a new object after its own last look", async () => {
    await run(live({ secrets: [secret("a", 1)], references: null }), 0);
    const source = live({ secrets: [secret("a", 1)], references: null });
    const stale = source.snapshot();
    await recordChange(cluster, secretChange(null, secret("new", 7)));
    const fresh = { ...stale, secrets: new Map([...stale.secrets, ["new", secret("new", 7)]]) };
    let snapshot = stale;
    const refreshed = async () => {
      snapshot = fresh;
    };
    const stop = recordOutsideChanges({ ...source, refreshed, snapshot: () => snapshot });
    await expect.poll(() => snapshot).toBe(fresh);
    await stop();
    expect((await outsideLines()).map(({ type }) => type)).toEqual(["outside.secret-created"]);
    expect(await database.seenObject.findMany({ where: { isGone: true } })).toEqual([]);
  });

  it("writes what happens from then on, and gives up only what the history will never take", async () => {
    const source = live({ secrets: [secret("a", 1)], references: null });
    const stop = recordOutsideChanges(source);
    const unspeakable = secretChange(null, { ...secret("y", 39), name: "n".repeat(300) });
    source.tell(unspeakable);
    source.tell(secretChange(null, secret("z", 40)));
    await expect.poll(async () => (await outsideLines()).length).toBe(1);
    await stop();
  });
});
