import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { configureFor, samplePerson } from "#lib/auth/sample.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { configuration, configure } from "#lib/env.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import { sampleSecret } from "#lib/swarm/sample.ts";
import type { SecretObject, SwarmSnapshot } from "#lib/swarm/schema.ts";
import { expectKnownSwarm, keepToKnownSwarm } from "./known-swarm.ts";
import { recogniseSwarm } from "./recognise.ts";

let db: TestDatabase;
let permit: Permit<"swarm.recognise">;

beforeEach(async () => {
  db = await testDatabase();
  configureFor(db.url);
  const given = decide(await samplePerson(db.database, { role: "administrator" }), "swarm.recognise", {});
  if (!given) throw new Error("no permit");
  permit = given;
});

const clusterOf = (id: string) => ({ id, name: "production", isAutolocked: false, engineVersion: "28.0" });
const foreign = () => sampleSecret({ name: "db_password_v3", labels: { "io.skep.operation": "of-another-database" } });

function swarm(id: string, secrets: SecretObject[] = []) {
  const listeners = new Set<(snapshot: SwarmSnapshot) => void>();
  const source = {
    expected: [] as (string | null)[],
    state: {
      revision: 1,
      asOf: "2026-03-01T10:00:00Z",
      services: new Map(),
      tasksByService: new Map(),
      nodes: new Map(),
      stalled: new Set(),
      connection: { state: "connected", clusterId: id, since: "2026-03-01T10:00:00Z" },
      cluster: clusterOf(id),
      secrets: new Map(secrets.map((secret) => [secret.id, secret])),
    } as SwarmSnapshot,
    snapshot: () => source.state,
    subscribe: (listener: (snapshot: SwarmSnapshot) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return source;
}

/** Looks until the promise holds, then stops. */
async function watching(source: ReturnType<typeof swarm>, until: () => Promise<void>): Promise<void> {
  const stop = keepToKnownSwarm(source, { expect: (id) => source.expected.push(id) });
  try {
    await vi.waitFor(until, 60_000);
  } finally {
    await stop();
  }
}

/** What Docker's manager of an empty Swarm would answer. */
async function managerOf(clusterId: string) {
  const node = { ID: "n", Spec: { Role: "manager" }, ManagerStatus: { Leader: true, Reachability: "reachable" } };
  const answers: [start: string, answer: unknown][] = [
    ["/swarm", { ID: clusterId }],
    ["/version", {}],
    ["/nodes", [node]],
  ];
  const server = createServer(({ url }, response) => {
    const [, answer] = answers.find(([start]) => url?.startsWith(start)) ?? ["", []];
    response.end(JSON.stringify(answer));
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { host: `tcp://127.0.0.1:${port}`, certPath: null, isTlsVerified: false };
}

const rows = () => db.database.swarm.findMany({ orderBy: { clusterId: "asc" } });

describe("the right Swarm", () => {
  test("is the first that answers, and stays it", async () => {
    await watching(swarm("one"), async () =>
      expect(await rows()).toMatchObject([{ clusterId: "one", isExpected: true }]),
    );
    const other = swarm("two");
    await watching(other, async () => expect(other.expected).toContain("one"));
    expect(await rows()).toHaveLength(1);
    const told: (string | null)[] = [];
    expect(await expectKnownSwarm((id) => told.push(id))).toBe("one");
    expect(told).toEqual(["one"]);
  });

  test("is left alone as long as it shows secrets of an operation that this database does not know", async () => {
    const source = swarm("one", [foreign(), sampleSecret({ name: "made_by_hand" })]);
    await watching(source, async () => expect((await rows())[0]?.readOnlyReason).toContain("does not know"));
  });

  test("is not held up by secrets of its own operations", async () => {
    await db.database.operation.create({
      data: { id: "own", clusterId: "one", kind: "create", plan: {}, actor: {} },
    });
    const source = swarm("one", [sampleSecret({ name: "db_v1", labels: { "io.skep.operation": "own" } })]);
    await watching(source, async () => expect(await rows()).toHaveLength(1));
    await watching(source, async () => expect(source.expected.length).toBeGreaterThan(1));
    expect((await rows())[0]?.readOnlyReason).toBeNull();
  });

  test("is what an administrator says: it is told in the history, and what was there is accepted", async () => {
    const source = swarm("one", [foreign()]);
    await watching(source, async () => expect((await rows())[0]?.readOnlyReason).not.toBeNull());
    const expected: string[] = [];
    const gateway = { readCluster: async () => clusterOf("one"), listSecrets: async () => [foreign()] };
    const options = { gateway, expect: (id: string) => expected.push(id) };
    await recogniseSwarm(permit, "one", options);
    await recogniseSwarm(permit, "one", options);
    source.expected.length = 0;
    await watching(source, async () => expect(source.expected).toContain("one"));
    expect((await rows())[0]?.readOnlyReason).toBeNull();
    expect(expected).toEqual(["one", "one"]);
    const events = await db.database.auditEvent.findMany({ where: { type: "swarm.recognised" } });
    expect(events).toHaveLength(1);
  });

  test("is decided by whichever of its managers answers", async () => {
    await watching(swarm("one"), async () => expect(await rows()).toHaveLength(1));
    configure({ ...configuration(), otherManagers: [await managerOf("two")] });
    await recogniseSwarm(permit, "two", { expect: () => undefined });
    expect(await rows()).toMatchObject([
      { clusterId: "one", isExpected: false },
      { clusterId: "two", isExpected: true },
    ]);
  });

  test("may be another from now on, and only the one that was shown", async () => {
    await watching(swarm("one"), async () => expect(await rows()).toHaveLength(1));
    const gateway = { readCluster: async () => clusterOf("two"), listSecrets: async () => [foreign()] };
    const wrong = recogniseSwarm(permit, "three", { gateway, expect: () => undefined });
    await expect(wrong).rejects.toMatchObject({ code: "plan-changed" });
    await recogniseSwarm(permit, "two", { gateway, expect: () => undefined });
    expect(await rows()).toMatchObject([
      { clusterId: "one", isExpected: false },
      { clusterId: "two", isExpected: true, readOnlyReason: null },
    ]);
  });
});
