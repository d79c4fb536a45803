import { beforeAll, describe, expect, it } from "vitest";
import { testDatabase } from "#lib/db/test-database.ts";
import { transaction } from "#lib/db/transaction.ts";
import { configurationFrom, configure, readEnvironment } from "#lib/env.ts";
import { decide } from "#lib/policy/permit.ts";
import type { Person } from "#lib/policy/schema.ts";
import { appendAudit } from "./append.ts";
import { exportEvents } from "./export.ts";
import { countEvents, eventsOfOperation, findActors, findEvents, latestEvents, unresolvedIntents } from "./queries.ts";
import { sampleActor, sampleEvent } from "./sample.ts";
import type { EventDetail, NewEvent, ShownOutcome, SwarmCall } from "./schema.ts";

const { database, url } = await testDatabase();
configure(
  configurationFrom(readEnvironment({}), {
    databaseUrl: url,
    docker: { host: "unix:///nowhere", certPath: null, isTlsVerified: false },
    sessionSecret: "the session's own, of these tests",
  }),
);

const person: Person = {
  type: "person",
  personId: "person-9",
  name: "ada",
  email: "ada@example.org",
  role: "administrator",
  sessionId: "session-9",
  address: null,
  userAgent: null,
};
const read = decide(person, "audit.read", {});
const exporting = decide(person, "audit.export", {});
if (!read || !exporting) throw new Error("An administrator may do all of these.");

const service = { id: "service-1", name: "shop_api" };
const call: SwarmCall = { call: "service.update", service, changes: [], versionIndex: 7, why: "move" };

function append(event: Partial<NewEvent> & { detail: EventDetail }, clock?: { now(): Date }): Promise<{ id: string }> {
  const whole = { actor: sampleActor, clusterId: "cluster-1", operationId: null, ...event };
  return transaction((tx) => appendAudit(tx, whole, clock ? { clock } : {}), { database });
}

const yesterday = { now: () => new Date("2026-11-22T10:00:00.000Z") };

beforeAll(async () => {
  await append({ detail: { type: "session.signed-in" } }, yesterday);
  await append({ ...sampleEvent("db_password"), operationId: "op-1" });
  await append({ operationId: "op-1", detail: { type: "call.intended", step: "move", attempt: 1, call } });
  await append({
    operationId: "op-1",
    detail: { type: "call.ended", step: "move", attempt: 1, call, result: "applied", seen: null, objectId: null },
  });
  await append({ operationId: "op-1", detail: { type: "call.intended", step: "move", attempt: 2, call } }, yesterday);
  await append({
    actor: { type: "system" },
    operationId: "op-1",
    detail: {
      type: "operation.ended",
      kind: "rotate",
      outcome: "undone",
      services: [service],
      leftOut: [],
      seconds: 29,
      secrets: [{ id: "id-of-db_password", name: "db_password" }],
    },
  });
  await append({
    actor: { type: "outside" },
    detail: {
      type: "outside.references-changed",
      service: { id: "service-2", name: "cart" },
      versionIndex: 9,
      changes: [
        {
          change: "replaced",
          target: "redis",
          uid: "0",
          gid: "0",
          mode: 292,
          fromObjectId: "o4",
          fromObjectName: "redis_v4",
          toObjectId: "o3",
          toObjectName: "redis_v3",
        },
      ],
    },
  });
  await append({
    actor: { type: "stranger", address: "192.0.2.9", userAgent: null },
    detail: { type: "session.sign-in-refused", account: "x@example.org", because: "wrong" },
  });
  await database.secret.create({
    data: {
      id: "redis-id",
      clusterId: "cluster-1",
      name: "redis",
      versions: {
        create: {
          id: "v3",
          clusterId: "cluster-1",
          number: 3,
          objectName: "redis_v3",
          objectId: "o3",
          state: "current",
        },
      },
    },
  });
  await database.operation.create({
    data: { id: "op-open", clusterId: "cluster-1", kind: "rotate", plan: {}, actor: {} },
  });
  await append({ ...sampleEvent("api_key"), operationId: "op-open" });
});

const types = async (filter: Parameters<typeof findEvents>[1]) =>
  (await findEvents(read, filter)).events.map(({ type }) => type);

describe("the list", () => {
  it("is newest first, without the single calls, in pages", async () => {
    const first = await findEvents(read, {}, { limit: 4 });
    expect(first.events.map(({ sequence }) => sequence)).toEqual([9, 8, 7, 6]);
    const second = await findEvents(read, {}, { limit: 4, before: first.next ?? 0 });
    expect(second.events.map(({ sequence }) => sequence)).toEqual([2, 1]);
    expect(second.next).toBeNull();
    expect(await countEvents(read)).toBe(6);
    expect(await countEvents(read, { withCalls: true })).toBe(9);
  });

  it.each([1.5, 1e20, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    "shows the newest page where %d is said to come before it",
    async (before) => {
      expect((await findEvents(read, {}, { limit: 1, before })).events[0]?.sequence).toBe(9);
    },
  );

  it("says what happened in words, with names apart", async () => {
    const { events } = await findEvents(read, { secret: "db_password" });
    const sentences = events.map(({ parts }) =>
      parts.map(({ text, isName }) => (isName ? `[${text}]` : text)).join(""),
    );
    expect(sentences).toEqual([
      "Skep undid rotating [db_password]: all services are on the old version again",
      "ops.one started rotating [db_password] to [db_password_v8]",
    ]);
    expect(events[1]?.parts[0]).toEqual({ text: "ops.one", isName: false, isActor: true });
  });

  it.each([
    ["person by name", { person: "ops.one" }, 3],
    ["person by id", { person: "person-1" }, 3],
    ["kind of operation", { action: "rotate" }, 3],
    ["type", { action: "session.signed-in" }, 1],
    ["family of types", { action: "session" }, 2],
    ["secret", { secret: "db_password" }, 2],
    ["secret by its versions' objects", { secret: "redis" }, 1],
    ["service", { service: "cart" }, 1],
    ["service by id", { service: "service-2" }, 1],
    ["outcome", { outcome: "undone" }, 1],
    ["outcome running", { outcome: "running" }, 1],
    ["outcome intended", { outcome: "intended" }, 1],
    ["time from", { from: "2026-11-23T00:00:00Z" }, 5],
    ["time to", { to: "2026-11-23T00:00:00Z" }, 1],
    ["outside", { onlyOutside: true }, 1],
    ["search of all words", { search: "db_pass undone" }, 0],
    ["search in names", { search: "REDIS cart" }, 1],
    ["search with a wildcard taken as it is", { search: "%" }, 0],
    ["nothing that is no time", { from: "yesterday" }, 6],
    ["a time before Postgres's own", { from: "-271821-04-20" }, 6],
    ["a time after Postgres's own", { from: "+275760-09-13" }, 0],
    ["a time to before all", { to: "-271821-04-20" }, 0],
    ["nothing that only is a NUL", { search: "\0", person: "\0", action: "\0", secret: "\0", service: "\0" }, 6],
    ["a name with quotes as it is", { person: "' OR 1=1 --" }, 0],
  ] as const)("filters by %s", async (_what, filter, expected) => {
    expect(await types(filter)).toHaveLength(expected);
    expect(await countEvents(read, filter)).toBe(expected);
  });

  it("shows an open operation's intent as running", async () => {
    const { events } = await findEvents(read, { secret: "api_key" });
    expect(events[0]?.outcome).toBe("running");
  });

  it("knows its actors, its latest lines, and all of one operation in order", async () => {
    expect((await findActors(read)).map(({ name }) => name).sort()).toEqual([
      "Skep",
      "ops.one",
      "outside Skep",
      "somebody",
    ]);
    expect((await latestEvents(2)).map(({ sequence }) => sequence)).toEqual([9, 8]);
    expect((await eventsOfOperation("op-1")).map(({ type }) => type)).toEqual([
      ...["operation.intended", "call.intended", "call.ended", "call.intended", "operation.ended"],
    ]);
  });
});

describe("intents", () => {
  it("without outcome are found, the younger ones not yet", async () => {
    const found = await unresolvedIntents();
    expect(found).toMatchObject([
      { sequence: 5, operationId: "op-1", step: "move", attempt: 2, call: { why: "move" } },
    ]);
    expect(await unresolvedIntents({ olderThanSeconds: 60, operationId: "op-1" })).toHaveLength(1);
    expect(await unresolvedIntents({ olderThanSeconds: 10 ** 9 })).toEqual([]);
    expect(await unresolvedIntents({ operationId: "op-open" })).toEqual([]);
  });
});

describe("what leaves the history", () => {
  it("is the filtered lines with their seals, oldest first, and is itself written down before", async () => {
    const lines: string[] = [];
    for await (const line of exportEvents(exporting, { secret: "db_password" })) lines.push(line);
    const parsed = lines.map(
      (line) => JSON.parse(line) as { sequence: number; hash: string; body: { detail: EventDetail } },
    );
    expect(parsed.map(({ sequence }) => sequence)).toEqual([2, 6]);
    expect(parsed[0]?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(lines.every((line) => line.endsWith("}}}\n"))).toBe(true);
    const [written] = await latestEvents(1);
    expect(written?.parts.map(({ text }) => text).join("")).toBe(
      "ada exported 2 lines of the history, filtered by secret db_password",
    );
  });
});

it("what was done in part, not verified, or left as it was is found apart from what was done whole", async () => {
  const secrets = [{ id: "id-of-partly", name: "partly" }];
  const whole = { kind: "rotate", outcome: "done", secrets, seconds: 9 } as const;
  for (const outcome of ["done", "done-left-out", "accepted"] as const) {
    const ended = { kind: "rotate", outcome, secrets, seconds: 9 } as const;
    await append({ detail: { type: "operation.ended", ...ended, services: [service], leftOut: [] } });
  }
  await append({
    detail: { type: "operation.ended", ...whole, verification: "running-not-verified", services: [], leftOut: [] },
  });
  const found = async (outcome: ShownOutcome) =>
    (await findEvents(read, { secret: "partly", outcome })).events.map((event) => event.outcome);
  const words = ["done", "left-out", "running-not-verified", "unverified-asleep", "accepted", "mixed"] as const;
  for (const word of words)
    expect(await found(word)).toEqual(word === "mixed" || word === "unverified-asleep" ? [] : [word]);
});
