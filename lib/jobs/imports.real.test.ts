import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { closeDatabase } from "#lib/db/client.ts";
import { type TestDatabase, testDatabase } from "#lib/db/test-database.ts";
import { configurationFrom, configure, readEnvironment } from "#lib/env.ts";
import { testSwarm } from "#lib/ground/test-swarm.ts";
import { beginItem } from "#lib/imports/begin.ts";
import { planImport } from "#lib/imports/plan.ts";
import { findImport, listImports } from "#lib/imports/queries.ts";
import { retryImport } from "#lib/imports/retry.ts";
import type { ImportItemInput, ImportItemView } from "#lib/imports/schema.ts";
import { settleItem } from "#lib/imports/settle.ts";
import { startImport } from "#lib/imports/start.ts";
import { stopImport } from "#lib/imports/stop.ts";
import { claimToBegin, claimToSettle } from "#lib/imports/store.ts";
import { ownPorts } from "#lib/operations/own-ports.ts";
import { decide, type Permit } from "#lib/policy/permit.ts";
import type { Action, SubjectOf } from "#lib/policy/schema.ts";
import { unbindSecret } from "#lib/secrets/bind.ts";
import { closeSources, openedSource } from "#lib/settings/opened-sources.ts";
import { addSource, removeSource } from "#lib/settings/sources.ts";
import type { Source } from "#lib/sources/contract.ts";
import { openHttpStage } from "#lib/sources/doubles/http.ts";
import type { Stage as SourceStage } from "#lib/sources/doubles/stage.ts";
import { SourceFailure } from "#lib/sources/failure.ts";
import { closeSwarm } from "#lib/swarm/connect.ts";
import { SecretValue } from "#lib/value.ts";
import { startImports } from "./imports.ts";
import { actor, ended, found, type Stage, stageOn, startTestWorker, until } from "./scene.ts";
import type { Worker } from "./worker.ts";

/** On a real Swarm, a real Postgres and a real socket to a double of the source. */

const folder = mkdtempSync(join(tmpdir(), "skep-imports-"));
process.env.SKEP_CREDENTIAL_DIR = folder;

let stage: Stage;
let db: TestDatabase;
let worker: Worker;
let source: SourceStage;
let sourceId: string;
let jobs: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  db = await testDatabase();
  stage = await stageOn(await testSwarm(), db);
  configure(
    configurationFrom(readEnvironment({}), {
      databaseUrl: stage.databaseUrl,
      docker: { host: stage.host, certPath: null, isTlsVerified: false },
      sessionSecret: "for-tests-only-0123456789abcdefghijklmnop",
    }),
  );
  source = await openHttpStage();
  writeFileSync(join(folder, "http_token"), await source.credential("http_token"));
  ({ id: sourceId } = await addSource(permitOf("source.edit", {}), { name: "config", settings: source.settings }));
  worker = startTestWorker(stage);
});

afterEach(async () => {
  await stopJobs();
  source.fail?.(null);
  await stage.database.source.updateMany({ data: { nextAskAt: null, failures: 0, failureCode: null, failure: null } });
  await stage.database.person.updateMany({ data: { role: "administrator" } });
});

afterAll(async () => {
  await worker?.stop();
  await closeSources();
  await closeSwarm();
  await closeDatabase();
  await source?.end();
  rmSync(folder, { recursive: true, force: true });
});

/** So many instances of Skep. */
function startJobs(count = 2): void {
  jobs = Array.from({ length: count }, () =>
    startImports({ ports: ownPorts(), clusterId: () => stage.clusterId, scanSeconds: 0.5 }),
  );
}

async function stopJobs(): Promise<void> {
  for (const job of jobs) await job.stop();
  jobs = [];
}

function permitOf<A extends Action>(action: A, subject: SubjectOf<A>): Permit<A> {
  return found(decide(actor, action, subject));
}

const permit = () => permitOf("secret.import", {});

function itemAt(path: string, name = path.replaceAll("/", "_")): ImportItemInput {
  return { path, name, take: "field", field: "/password", template: "" };
}

/** Resolves to the id of its version as Skep keeps it: sealed. */
async function put(path: string, fields: Record<string, string> = { password: `value-of-${path}` }): Promise<string> {
  await source.put(path, fields);
  const [version] = await (await openedSource(sourceId)).versions(path, null);
  return found(version).id;
}

async function begin(items: ImportItemInput[], mode: "by-itself" | "after-yes" = "after-yes"): Promise<string> {
  return (await startImport(permit(), { sourceId, items, mode, oldStaysValid: true })).id;
}

const viewOf = async (id: string) => found(await findImport(permit(), id));

async function itemOf(id: string, path: string): Promise<ImportItemView> {
  return found((await viewOf(id)).items.find((item) => item.path === path));
}

async function isOver(id: string): Promise<boolean> {
  const { waiting, running } = (await viewOf(id)).counts;
  return waiting + running === 0;
}

const over = (id: string) => until(() => isOver(id));
const objectsNamed = async (start: string) =>
  (await stage.gateway.listSecrets())
    .map(({ name }) => name)
    .filter((name) => name.startsWith(start))
    .toSorted();
const scope = () => ({ sourceId, clusterId: stage.clusterId });

describe("an import", () => {
  it("of thirty, some of which fail, makes each secret once though it dies in the middle; what was mended is tried again", async () => {
    const paths = Array.from({ length: 30 }, (_, place) => `many/${String(place).padStart(2, "0")}`);
    const ids = new Map<string, string>();
    for (const path of paths) ids.set(path, await put(path));
    await put("many/03", { passphrase: "elsewhere" });
    await put("many/11", { passphrase: "elsewhere" });
    await source.remove("many/07");
    const items = paths.map((path) => itemAt(path));
    expect((await planImport(permit(), { sourceId, items })).map(({ objectName }) => objectName)).toEqual(
      paths.map((path) => `${path.replaceAll("/", "_")}_v1`),
    );
    const id = await begin(items, "by-itself");
    await stage.gateway.createSecret(
      { name: "many_20", labels: {}, templating: null },
      new SecretValue(Buffer.from("foreign")),
    );

    startJobs(1);
    await until(async () => (await viewOf(id)).counts.done >= 5);
    await stopJobs();
    const between = (await viewOf(id)).counts;
    expect(between.waiting).toBeGreaterThan(0);
    startJobs(2);
    await over(id);

    const view = await viewOf(id);
    expect(view.counts).toEqual({ waiting: 0, running: 0, done: 26, failed: 4 });
    const failed = view.items.filter(({ state }) => state === "failed");
    expect(failed.map(({ path }) => path)).toEqual(["many/03", "many/07", "many/11", "many/20"]);
    expect(failed.map(({ operationId }) => operationId)).toEqual([null, null, null, null]);
    expect(failed.map(({ sentence }) => sentence)).toEqual([
      expect.stringContaining("/password"),
      expect.stringContaining("nothing there"),
      expect.stringContaining("/password"),
      expect.stringContaining("many_20 that Skep does not manage"),
    ]);
    const good = paths.filter((path) => !failed.some((item) => item.path === path));
    expect(await objectsNamed("many_")).toEqual(
      [...good.map((path) => `${path.replaceAll("/", "_")}_v1`), "many_20"].toSorted(),
    );
    expect(await stage.database.operation.count({ where: { kind: "create" } })).toBe(26);

    await put("many/03");
    await put("many/07");
    await retryImport(permit(), { importId: id });
    await over(id);
    expect((await viewOf(id)).items.filter(({ state }) => state === "failed").map(({ path }) => path)).toEqual([
      "many/11",
      "many/20",
    ]);
    const named = await itemOf(id, "many/20");
    await expect(retryImport(permit(), { importId: "none", itemId: named.id })).rejects.toMatchObject({
      code: "not-found",
    });
    await retryImport(permit(), { importId: id, itemId: named.id, name: "many_20_own" });
    await over(id);
    expect(await itemOf(id, "many/20")).toMatchObject({ state: "done", name: "many_20_own", sentence: null });
    expect(await objectsNamed("many_20")).toEqual(["many_20", "many_20_own_v1"]);

    const bindings = await stage.database.binding.findMany({
      where: { path: { startsWith: "many/" } },
      include: { secret: { include: { versions: true } } },
    });
    expect(bindings).toHaveLength(29);
    for (const { path, newestId, mode, boundBy, secret } of bindings) {
      expect({ mode, boundBy, versions: secret.versions.length }).toEqual({
        mode: "by-itself",
        boundBy: actor.name,
        versions: 1,
      });
      expect(secret.versions[0]).toMatchObject({ state: "current", sourceVersionId: newestId });
      if (good.includes(path)) expect(newestId).toBe(ids.get(path));
    }
    const [row] = await listImports(permit());
    expect(row).toMatchObject({ id, sourceName: "config", startedBy: actor.name, counts: { done: 29, failed: 1 } });
  });

  it("takes of each path what its row says, of one a template, and the same when that one is tried again", async () => {
    const template = "postgresql://{{/username | url}}:{{/password | url}}@db/shop";
    await put("take/plain");
    await put("take/url", { username: "a da" });
    const byTemplate: ImportItemInput = { ...itemAt("take/url"), take: "template", template };
    const id = await begin([byTemplate, itemAt("take/plain")]);
    startJobs(2);
    await over(id);
    expect(await itemOf(id, "take/url")).toMatchObject({
      state: "failed",
      sentence: expect.stringContaining("no field /password"),
    });
    await put("take/url", { username: "a da", password: "value-of-p@ss" });
    await retryImport(permit(), { importId: id });
    await over(id);

    const objects = await stage.gateway.listSecrets();
    const values = {
      take_plain_v1: "value-of-take/plain",
      take_url_v1: "postgresql://a%20da:value-of-p%40ss@db/shop",
    };
    for (const [name, value] of Object.entries(values)) {
      const object = found(objects.find((each) => each.name === name));
      expect(await stage.gateway.compareSecret(object, new SecretValue(Buffer.from(value))), name).toBe("equal");
    }
    const bindings = await stage.database.binding.findMany({
      where: { path: { startsWith: "take/" } },
      select: { path: true, take: true },
      orderBy: { path: "asc" },
    });
    expect(bindings).toEqual([
      { path: "take/plain", take: { take: "field", field: "/password" } },
      { path: "take/url", take: { take: "template", template } },
    ]);
    const again = await planImport(permit(), { sourceId, items: [{ ...byTemplate, name: "another" }] });
    expect(again[0]?.problem).toBe("take_url takes its values from there already.");
  });

  it("is carried on from every moment in which an instance may die, and makes nothing twice", async () => {
    const ports = ownPorts();
    const paths = ["die/claimed", "die/begun", "die/ended", "die/late"];
    for (const path of paths) await put(path);
    const id = await begin(paths.map((path) => itemAt(path)));
    const claimed = await claimToBegin(scope(), 4);
    expect(claimed).toHaveLength(4);
    const [, begun, settled, late] = claimed.map(found);
    const opened = await openedSource(sourceId);
    await beginItem(found(begun), opened, ports);
    await beginItem(found(settled), opened, ports);
    await ended(stage, found(settled).operationId);
    expect((await claimToSettle(scope(), 20)).map(({ path }) => path)).toContain("die/ended");
    // All of them are dead now: nobody gives a lease back.
    await stage.database.importItem.updateMany({
      where: { importId: id, leaseUntil: { not: null } },
      data: { leaseUntil: new Date(0) },
    });
    startJobs(2);
    await over(id);
    expect((await viewOf(id)).counts).toMatchObject({ done: 4, failed: 0 });
    expect(await objectsNamed("die_")).toEqual(paths.map((path) => `${path.replace("/", "_")}_v1`).toSorted());

    // One that was not dead, but slow, and comes back.
    await expect(beginItem(found(late), opened, ports)).rejects.toMatchObject({ code: "name-taken" });
    await expect(settleItem(found(settled), ports)).rejects.toMatchObject({ code: "lease-lost" });
    expect(await stage.database.binding.count({ where: { path: { startsWith: "die/" } } })).toBe(4);
    expect((await viewOf(id)).counts).toMatchObject({ done: 4 });
  });

  it("asks no more than four questions of a source at a time, over all instances, and takes up what a dead one had", async () => {
    const paths = Array.from({ length: 6 }, (_, place) => `four/${place}`);
    for (const path of paths) await put(path);
    const id = await begin(paths.map((path) => itemAt(path)));
    const [mine, others] = await Promise.all([claimToBegin(scope(), 4), claimToBegin(scope(), 4)]);
    expect(mine.length + others.length).toBe(4);
    expect(new Set([...mine, ...others].map(({ path }) => path)).size).toBe(4);
    const [first] = [...mine, ...others];
    await stage.database.importItem.updateMany({ where: { importId: id }, data: { leaseUntil: new Date(0) } });
    const again = await claimToBegin(scope(), 4);
    expect(again.find((item) => item.id === first?.id)).toMatchObject({
      operationId: first?.operationId,
      attempts: 1,
    });
    await stage.database.importItem.updateMany({ where: { importId: id }, data: { leaseUntil: new Date(0) } });
    startJobs(2);
    await over(id);
    expect((await viewOf(id)).counts).toMatchObject({ done: 6, failed: 0 });
  });

  it("that is stopped while an instance asks its source is not begun by that one, even where the name is still free", async () => {
    await put("slow/one");
    const id = await begin([itemAt("slow/one")]);
    const [item] = await claimToBegin(scope(), 4);
    await stopImport(permit(), id);
    const opened = await openedSource(sourceId);
    await expect(beginItem(found(item), opened, ownPorts())).rejects.toMatchObject({ code: "lease-lost" });
    expect(await stage.database.operation.count({ where: { id: found(item).operationId } })).toBe(0);
    expect(await stage.database.secret.count({ where: { name: "slow_one" } })).toBe(0);
  });

  it("waits as long as its source is down, and goes on by itself", async () => {
    await put("down/one");
    await put("down/two");
    source.fail?.("throttled");
    const id = await begin([itemAt("down/one"), itemAt("down/two")]);
    startJobs(2);
    await until(async () => (await viewOf(id)).sourceFailure !== null);
    const { counts, sourceFailure, items } = await viewOf(id);
    expect(counts).toMatchObject({ waiting: 2, failed: 0 });
    expect(sourceFailure?.sentence).toContain("fewer questions");
    expect(items.map(({ sentence }) => sentence)).toContainEqual(expect.stringContaining("fewer questions"));
    const asked = (source.requests() ?? []).length;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect((source.requests() ?? []).length).toBe(asked);
    source.fail?.(null);
    await over(id);
    expect((await viewOf(id)).counts).toMatchObject({ done: 2, failed: 0 });
    expect((await viewOf(id)).sourceFailure).toBeNull();
  });

  it("goes on beside a path at which its source fails, which is not taken for the whole source", async () => {
    for (const path of ["odd/one", "odd/two", "odd/three"]) await put(path);
    const id = await begin([itemAt("odd/one"), itemAt("odd/two"), itemAt("odd/three")]);
    const open = async (asked: string): Promise<Source> => {
      const opened = await openedSource(asked);
      const versions: Source["versions"] = async (path, since) => {
        if (path === "odd/one") throw new SourceFailure("failing", "config");
        return opened.versions(path, since);
      };
      return { ...opened, versions };
    };
    jobs = [startImports({ ports: ownPorts(), clusterId: () => stage.clusterId, scanSeconds: 0.5, open })];
    await until(async () => (await viewOf(id)).counts.done === 2);
    expect(await itemOf(id, "odd/one")).toMatchObject({ state: "waiting", sentence: expect.stringContaining("error") });
    expect((await viewOf(id)).sourceFailure).toBeNull();
    await stopJobs();
    await stopImport(permit(), id);
  });

  it("that was made and not bound is bound with the version that it was made of, and not where a rotator sets it by now", async () => {
    const versionId = await put("late/one");
    const id = await begin([itemAt("late/one")], "by-itself");
    const [item] = await claimToBegin(scope(), 1);
    await beginItem(found(item), await openedSource(sourceId), ownPorts());
    const operation = await ended(stage, found(item).operationId);
    const secretId = found(operation.plan.secrets[0]).secretId;
    const { database } = stage;
    const rotator = { id: "rotator-late", name: "late", settings: {}, generator: {}, createdBy: "ada" };
    await database.rotator.create({ data: rotator });
    const attachment = { secretId, rotatorId: rotator.id, template: "{{password}}", attachedBy: "ada" };
    await database.attachment.create({ data: attachment });
    startJobs(1);
    await over(id);
    expect(await itemOf(id, "late/one")).toMatchObject({
      state: "failed",
      sentence: expect.stringContaining("is attached to the rotator late"),
    });
    await database.attachment.delete({ where: { secretId } });
    // Meanwhile a person gave it another value: that of the source is known, and not new.
    const [made] = await database.version.findMany({ where: { secretId } });
    const { id: _id, objectId: _objectId, ...rest } = found(made);
    await database.version.update({ where: { id: found(made).id }, data: { state: "previous" } });
    const typed = { number: 2, objectName: "late_one_v2", objectId: "typed", sourceVersionId: null, state: "current" };
    await database.version.create({ data: { ...rest, id: "typed-late", ...typed } });
    await retryImport(permit(), { importId: id });
    await over(id);
    const binding = await database.binding.findUniqueOrThrow({ where: { secretId } });
    expect(binding.newestId).toBe(versionId);
    const versions = await database.version.findMany({ where: { secretId }, orderBy: { number: "asc" } });
    expect(versions.map((version) => version.bindingId)).toEqual([binding.id, null]);
  });

  it("goes no further in the name of somebody who may not any more, and on in another's", async () => {
    await put("role/one");
    await put("role/two");
    const id = await begin([itemAt("role/one"), itemAt("role/two")]);
    const [first] = await claimToBegin(scope(), 1);
    await beginItem(found(first), await openedSource(sourceId), ownPorts());
    await ended(stage, found(first).operationId);
    await stage.database.person.updateMany({ data: { role: "operator" } });
    startJobs(1);
    await over(id);
    const { items } = await viewOf(id);
    expect(items).toMatchObject([
      { state: "failed", isMade: true, sentence: expect.stringContaining("was made, but not bound") },
      { state: "failed", isMade: false, sentence: expect.stringContaining("may no longer import") },
    ]);
    expect(await objectsNamed("role_")).toEqual(["role_one_v1"]);

    await stage.database.person.updateMany({ data: { role: "administrator" } });
    await retryImport(permit(), { importId: id });
    await over(id);
    expect((await viewOf(id)).counts).toMatchObject({ done: 2, failed: 0 });
    expect(await objectsNamed("role_")).toEqual(["role_one_v1", "role_two_v1"]);
    expect(await stage.database.operation.count({ where: { id: found(first).operationId } })).toBe(1);
  });

  it("whose version went away between the look and its operation is begun anew, and then says why not", async () => {
    await put("gone/one");
    await put("gone/two");
    const id = await begin([itemAt("gone/one"), itemAt("gone/two")]);
    await worker.stop();
    const [one, two] = await claimToBegin(scope(), 2);
    const opened = await openedSource(sourceId);
    await beginItem(found(one), opened, ownPorts());
    await beginItem(found(two), opened, ownPorts());
    const newer = await put("gone/one", { password: "a newer one" });
    await source.remove("gone/two");
    worker = startTestWorker(stage);
    startJobs(1);
    await over(id);
    expect(await itemOf(id, "gone/one")).toMatchObject({ state: "done", attempts: 2 });
    expect(await itemOf(id, "gone/two")).toMatchObject({
      state: "failed",
      sentence: expect.stringContaining("nothing there"),
    });
    const { newestId } = await stage.database.binding.findFirstOrThrow({ where: { path: "gone/one" } });
    expect(newestId).toBe(newer);
    expect(await objectsNamed("gone_")).toEqual(["gone_one_v1"]);
  });

  it("is stopped by a person: what waits is left, and can be tried again; its source is not removed meanwhile", async () => {
    await put("stop/one");
    const id = await begin([itemAt("stop/one")]);
    await expect(removeSource(permitOf("source.edit", {}), sourceId)).rejects.toMatchObject({ code: "busy" });
    await stopImport(permit(), id);
    expect(await itemOf(id, "stop/one")).toMatchObject({
      state: "failed",
      sentence: expect.stringContaining("stopped the import"),
    });
    await expect(stopImport(permit(), id)).rejects.toMatchObject({ code: "plan-changed" });
    startJobs(1);
    await retryImport(permit(), { importId: id });
    await over(id);
    expect(await itemOf(id, "stop/one")).toMatchObject({ state: "done" });
    await expect(retryImport(permit(), { importId: id })).rejects.toMatchObject({ code: "plan-changed" });
  });

  it("is refused as a whole where a row is not as it was shown, or sent twice", async () => {
    await put("twice/one");
    await put("twice/two");
    const items = [itemAt("twice/one"), itemAt("twice/two")];
    const both = await Promise.allSettled([begin(items), begin(items)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const again = both.find((each) => each.status === "rejected");
    expect(again?.reason).toMatchObject({ code: "plan-changed" });
    startJobs(2);
    const [row] = await listImports(permit());
    await over(found(row).id);
    await expect(begin([itemAt("twice/one", "other"), itemAt("twice/three")])).rejects.toMatchObject({
      code: "plan-changed",
      publicMessage: expect.stringContaining("twice_one takes its values from there already"),
    });
    const secret = await stage.database.secret.findFirstOrThrow({ where: { name: "twice_one" } });
    await unbindSecret(permitOf("secret.unbind", { secretId: secret.id }));
    expect((await planImport(permit(), { sourceId, items: [itemAt("twice/one", "other")] }))[0]?.problem).toBeNull();
  });

  it("is in the history: who began it, each secret's own intent with its version there, and that it was bound", async () => {
    const events = await stage.database.auditEvent.findMany({ orderBy: { sequence: "asc" } });
    const bodies = events.map(({ body }) => JSON.parse(Buffer.from(body).toString()));
    const details = bodies.map(({ detail }) => detail);
    expect(details).toContainEqual(
      expect.objectContaining({ type: "import.started", count: 30, source: { id: sourceId, name: "config" } }),
    );
    expect(details).toContainEqual(expect.objectContaining({ type: "import.retried", count: 4 }));
    expect(details).toContainEqual(expect.objectContaining({ type: "import.stopped", count: 1 }));
    const secretId = (await stage.database.secret.findFirstOrThrow({ where: { name: "many_00" } })).id;
    const own = bodies.filter(({ detail }) => JSON.stringify(detail).includes(secretId));
    expect(own.map(({ detail }) => detail.type)).toEqual([
      "operation.intended",
      "call.intended",
      "call.ended",
      "operation.ended",
      "secret.bound",
    ]);
    const [intended] = own;
    const bound = own.at(-1);
    expect(intended?.actor).toMatchObject({ type: "person", personId: actor.personId });
    expect(intended?.detail).toMatchObject({ versions: [{ from: { source: "config", path: "many/00" } }] });
    expect(bound?.detail).toMatchObject({
      path: "many/00",
      agreesWith: intended?.detail.versions[0].from.version,
    });
  });

  it("leaves no value in Postgres, in whatever table", async () => {
    const tables = await db.asOwner<{ name: string }>(
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    expect(tables.length).toBeGreaterThan(10);
    for (const { name } of tables) {
      const rows = await db.asOwner<{ text: string }>(`SELECT to_jsonb(t)::text AS text FROM ${name} t`);
      const text = rows.map((row) => row.text).join("\n");
      const bytes = [...text.matchAll(/\\\\x([0-9a-f]+)/g)].map(([, hex = ""]) => Buffer.from(hex, "hex").toString());
      const all = [text, ...bytes].join("\n");
      expect(all, name).not.toContain("value-of-");
      expect(all, name).not.toContain("a newer one");
      expect(all, name).not.toContain(await source.credential("http_token"));
    }
  });
});
