import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { closeDatabase } from "#lib/db/client.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { configurationFrom, configure, readEnvironment } from "#lib/env.ts";
import { ownPorts } from "#lib/operations/own-ports.ts";
import type { Source } from "#lib/sources/contract.ts";
import { SourceFailure } from "#lib/sources/failure.ts";
import { goRound } from "./sync.ts";
import { bindingLooked, claimDue } from "./sync-store.ts";

/** On a real Postgres, with sources that are functions: nothing is new there, so that no Swarm is needed. */

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
  const docker = { host: "unix:///nowhere", certPath: null, isTlsVerified: false };
  const sessionSecret = "for-tests-only-0123456789abcdefghijklmnop";
  configure(configurationFrom(readEnvironment({}), { databaseUrl: db.url, docker, sessionSecret }));
  return closeDatabase;
});

/** A source with so many bound secrets, all of which are due. */
async function bound(count: number): Promise<string> {
  const sourceId = randomUUID();
  const { database } = db;
  const names = Array.from({ length: count }, (_, index) => `s${sourceId.slice(0, 8)}_${index}`);
  await database.source.create({ data: { id: sourceId, name: sourceId, settings: {}, createdBy: "ada" } });
  const clusterId = "the-swarm";
  await database.secret.createMany({ data: names.map((name) => ({ id: name, clusterId, name, owner: "team" })) });
  await database.binding.createMany({
    data: names.map((name) => {
      const seen = { newestId: "1", newestState: "there", nextLookAt: new Date(0) };
      return {
        secretId: name,
        sourceId,
        path: name,
        take: { take: "whole" },
        mode: "after-yes",
        boundBy: "ada",
        ...seen,
      };
    }),
  });
  return sourceId;
}

type Versions = Source["versions"];

function round(sourceId: string, versions: Versions, isStopped = () => false): Promise<void> {
  const open = async () => ({ versions }) as Source;
  return goRound(sourceId, "the-swarm", { ports: ownPorts(), open, isStopped });
}

const seen = { newestState: "there", formerId: null, because: null, mayBegin: false } as const;

/** What was asked, in order; nothing has changed there. */
function listening(): { asked: string[]; versions: Versions } {
  const asked: string[] = [];
  return {
    asked,
    versions: async (path) => {
      asked.push(path);
      return [];
    },
  };
}

const unlooked = (sourceId: string) => db.database.binding.count({ where: { sourceId, lookedAt: null } });
const sourceOf = (id: string) => db.database.source.findUniqueOrThrow({ where: { id } });

describe("a round", () => {
  it("learns what is there where nothing is kept of it, as after the source's settings lead to another place", async () => {
    const sourceId = await bound(1);
    const { binding } = db.database;
    await binding.updateMany({ where: { sourceId }, data: { newestId: null, newestState: null } });
    await round(sourceId, async () => [{ id: "an id", createdAt: null, state: "there" }]);
    expect(await binding.findFirst({ where: { sourceId } })).toMatchObject({ newestId: "an id", newestState: "there" });
  });

  it("asks once about each of many secrets, eight at a time, and writes down that it did", async () => {
    const sourceId = await bound(450);
    const { asked, versions } = listening();
    let [underWay, most] = [0, 0];
    await round(sourceId, async (path, since) => {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      underWay -= 1;
      return versions(path, since);
    });
    expect(asked).toHaveLength(450);
    expect(new Set(asked).size).toBe(450);
    expect(most).toBe(8);
    expect(await unlooked(sourceId)).toBe(0);
    await round(sourceId, versions);
    expect(asked).toHaveLength(450);
  });

  it("of two instances at once shares the secrets with the other, and none is asked about twice", async () => {
    const sourceId = await bound(900);
    const [one, other] = [listening(), listening()];
    await Promise.all([round(sourceId, one.versions), round(sourceId, other.versions)]);
    await round(sourceId, one.versions);
    const asked = [...one.asked, ...other.asked];
    expect(asked).toHaveLength(900);
    expect(new Set(asked).size).toBe(900);
    expect(Math.min(one.asked.length, other.asked.length)).toBeGreaterThan(0);
    expect(await unlooked(sourceId)).toBe(0);
  });

  it("counts a source that is down as one failure, however many questions it was asked, and asks no more", async () => {
    const sourceId = await bound(450);
    let asked = 0;
    await round(sourceId, async () => {
      asked += 1;
      await new Promise(setImmediate);
      throw new SourceFailure("unreachable", "Safe");
    });
    expect(asked).toBeLessThan(20);
    const { failures, failureCode, nextAskAt } = await sourceOf(sourceId);
    expect({ failures, failureCode }).toEqual({ failures: 1, failureCode: "source-unreachable" });
    expect(nextAskAt?.getTime()).toBeLessThan(Date.now() + 60_000);
    expect(await db.database.binding.count({ where: { sourceId, failureCode: { not: null } } })).toBe(0);
    await db.database.binding.updateMany({ where: { sourceId }, data: { nextLookAt: new Date(0) } });
    await round(sourceId, listening().versions);
    expect(await sourceOf(sourceId)).toMatchObject({ failures: 0, failureCode: null, nextAskAt: null });
  });

  it("sees that a source has gone in the middle, after some questions in vain, and asks no more", async () => {
    const sourceId = await bound(450);
    const { asked, versions } = listening();
    let inVain = 0;
    await round(sourceId, async (path, since) => {
      if (asked.length < 100) return versions(path, since);
      inVain += 1;
      await new Promise(setImmediate);
      throw new SourceFailure("unreachable", "Safe");
    });
    expect(inVain).toBeLessThan(40);
    expect(await sourceOf(sourceId)).toMatchObject({ failures: 1, failureCode: "source-unreachable" });
  });

  it("takes it for an answer that there is nothing: the source fails no more", async () => {
    const sourceId = await bound(3);
    const failing = { failures: 2, failureCode: "source-unreachable", failure: "away", failingSince: new Date(0) };
    await db.database.source.update({ where: { id: sourceId }, data: failing });
    await round(sourceId, async () => {
      throw new SourceFailure("not-found", "Safe");
    });
    expect(await sourceOf(sourceId)).toMatchObject({ failures: 0, failureCode: null, failure: null });
  });

  it("writes nothing over what another instance has seen since it was claimed", async () => {
    const sourceId = await bound(1);
    const [binding] = await claimDue(sourceId, "the-swarm", { limit: 1, everySeconds: 60 });
    if (!binding) throw new Error("nothing was due");
    await db.database.binding.updateMany({ where: { sourceId }, data: { newestId: "3" } });
    await bindingLooked(binding, { ...seen, newestId: "2" });
    expect(await db.database.binding.findFirst({ where: { sourceId } })).toMatchObject({ newestId: "3" });
  });

  it("takes over what was kept of a version by its number alone, at all of its place, and begins nothing for it", async () => {
    const sourceId = await bound(2);
    const { database } = db;
    const begun = { path: "shop/db", mode: "by-itself", newestId: "7", begunOf: "7", newestSince: new Date(1) };
    await database.binding.updateMany({ where: { sourceId }, data: begun });
    for (const { id, secretId } of await database.binding.findMany({ where: { sourceId } })) {
      const version = { secretId, clusterId: "the-swarm", number: 1, objectName: `${secretId}_v1`, state: "current" };
      await database.version.create({ data: { ...version, id, sourceVersionId: "7", bindingId: id } });
    }
    const [first] = await database.binding.findMany({ where: { sourceId }, orderBy: { secretId: "asc" } });
    await database.binding.updateMany({
      where: { id: first?.id ?? "" },
      data: { nextLookAt: new Date(Date.now() + 9e6) },
    });
    const id = "7@2026-05-09T12:00:00.000Z";
    await round(sourceId, async () => [{ id, createdAt: null, state: "there" }]);
    const bindings = await database.binding.findMany({ where: { sourceId } });
    const taken = { newestId: id, begunOf: id, newestSince: new Date(1), begunId: null, failureCode: null };
    expect(bindings).toMatchObject([taken, taken]);
    const versions = await database.version.findMany({ where: { bindingId: { in: bindings.map((each) => each.id) } } });
    expect(versions.map(({ sourceVersionId }) => sourceVersionId)).toEqual([id, id]);
  });

  it("keeps what was looked at before the source failed", async () => {
    const sourceId = await bound(450);
    const { asked, versions } = listening();
    await round(sourceId, async (path, since) => {
      if (asked.length === 300) throw new SourceFailure("throttled", "Safe", { pauseSeconds: 7 });
      return versions(path, since);
    });
    expect(await unlooked(sourceId)).toBe(150);
    expect(await sourceOf(sourceId)).toMatchObject({ failures: 1, failureCode: "source-throttled" });
  });

  it("says of one secret that it fails, and of those that no longer do", async () => {
    const sourceId = await bound(20);
    let isThere = false;
    const versions: Versions = async (path) => {
      if (path.endsWith("_7") && !isThere) throw new SourceFailure("not-found", "Safe");
      return [];
    };
    await round(sourceId, versions);
    const failing = () => db.database.binding.findMany({ where: { sourceId, failureCode: { not: null } } });
    expect(await failing()).toMatchObject([{ failureCode: "source-not-found", failures: 1 }]);
    expect(await sourceOf(sourceId)).toMatchObject({ failures: 0, failureCode: null });
    isThere = true;
    await db.database.binding.updateMany({ where: { sourceId }, data: { nextLookAt: new Date(0) } });
    await round(sourceId, versions);
    expect(await failing()).toEqual([]);
  });

  it("that is stopped asks nothing more", async () => {
    const sourceId = await bound(450);
    const { asked, versions } = listening();
    await round(sourceId, versions, () => asked.length >= 100);
    expect(asked.length).toBeLessThan(110);
    expect(await unlooked(sourceId)).toBe(450 - asked.length);
  });
});
