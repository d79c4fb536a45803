import { expect, it } from "vitest";
import type { SwarmCall } from "#lib/audit/schema.ts";
import type { Call } from "./between.ts";
import { brokenCalls, type Traffic } from "./calls.ts";
import { mostCommits } from "./commits.ts";
import { specDocument } from "./deeds.ts";
import type { Fault, Said } from "./life.ts";

type Entry = { SecretID: string; SecretName: string; File: { Name: string; Mode: number } };
const entry = (id: string, mode = 292): Entry => ({
  File: { Name: "db", Mode: mode },
  SecretID: id,
  SecretName: `db_${id}`,
});
const spec = (id: string, mode?: number) => ({
  Name: "shop",
  TaskTemplate: { ContainerSpec: { Secrets: [entry(id, mode)] } },
});

const intent: SwarmCall = {
  call: "service.update",
  service: { id: "svc", name: "shop" },
  changes: [],
  versionIndex: 7,
  why: "move",
};
const move: Call = {
  at: 1000,
  method: "POST",
  path: "/services/svc/update?version=7",
  body: Buffer.from(JSON.stringify(spec("v2"))),
  statusCode: 200,
  intents: [intent],
  locked: ["svc"],
  neededBy: [],
};
const removal: Call = {
  ...move,
  method: "DELETE",
  path: "/secrets/v1",
  body: Buffer.alloc(0),
  intents: [
    { call: "secret.remove", objectId: "v1", objectName: "db_v1", secret: { id: "s", name: "db" }, version: 1 },
  ],
};

const said = (number: number, what: string, about = ""): Said => ({ at: 0, number, what, about });
const moved = said(4, "swarm.updateService", "svc 7");
const removed = said(5, "swarm.removeSecret", "v1");

const one = { objectId: "v1", objectName: "db_v1" };
const two = { objectId: "v2", objectName: "db_v2" };

function judged(calls: Call[], points: Said[], over: Partial<Traffic> & { faults?: Fault[] } = {}): string[] {
  const { faults = [], ...rest } = over;
  return brokenCalls({
    calls,
    lives: [{ said: points, faults }],
    services: [{ id: "svc", name: "shop", objectIds: ["v1"] }],
    deeds: {
      forward: { deed: "move", to: ({ objectId }) => (objectId === "v1" ? two : undefined) },
      back: { deed: "move", to: ({ objectId }) => (objectId === "v2" ? one : undefined) },
    },
    mayGoBack: false,
    outage: null,
    specAt: (_, version) => specDocument(spec(version === "8" ? "v2" : "v1")),
    ...rest,
  });
}

const back: Call = {
  ...move,
  path: "/services/svc/update?version=8",
  body: Buffer.from(JSON.stringify(spec("v1"))),
  intents: [{ ...intent, versionIndex: 8 }],
};
const movedBack = said(6, "swarm.updateService", "svc 8");

it("nothing is said of a move, the way back and a removal that were written down and went by once", () => {
  expect(judged([move, removal], [moved, removed])).toEqual([]);
  expect(judged([move, back], [moved, movedBack], { mayGoBack: true })).toEqual([]);
});

it("R14: a call without an intent of its own, without one for this version, or without a point is found", () => {
  const unwritten = "R14: POST /services/svc/update?version=7 was not written down before";
  expect(judged([{ ...move, intents: [] }], [moved])).toEqual([unwritten]);
  expect(judged([{ ...move, intents: [{ ...intent, versionIndex: 6 }] }], [moved])).toEqual([unwritten]);
  const past = "R14: a call past the ports: POST /services/svc/update?version=7";
  expect(judged([move], [])).toEqual([past]);
  expect(judged([move, { ...move, statusCode: 500 }], [moved])).toEqual([past]);
});

it("R14: the point before which a process died has sent nothing", () => {
  expect(judged([move], [moved], { faults: [{ at: 4, variant: "dies before" }] })).toHaveLength(1);
  expect(judged([move], [moved], { faults: [{ at: 4, variant: "dies after" }] })).toEqual([]);
});

it("a call that broke off before it was whole, and had no effect, is none", () => {
  const cut = { ...move, intents: [], body: move.body.subarray(0, 20) };
  expect(judged([{ ...cut, statusCode: null }], [])).toEqual([]);
  expect(judged([{ ...removal, statusCode: null }], [])).not.toEqual([]);
});

it("R4: whatever differs beside the object of the moved reference is found, and so is a version that nobody read", () => {
  const body = (given: object) => Buffer.from(JSON.stringify(given));
  for (const [after, complaint] of [
    [spec("v2", 444), "Mode: 292 → 444"],
    [{ ...spec("v2"), Labels: {} }, "Labels: absent → {}"],
    [spec("v3"), 'SecretID: "v1" → "v3"'],
  ] as const) {
    const [found = ""] = judged([{ ...move, body: body(after) }], [moved]);
    expect(found).toMatch(/^R4: /);
    expect(found).toContain(complaint);
  }
  expect(judged([move], [moved], { specAt: () => undefined })).toEqual([
    "R4: /services/svc/update?version=7 for a version that nobody had read",
  ]);
});

it("R7: the way back is found where the old value does not work any more", () => {
  expect(judged([move, back], [moved, movedBack])).not.toEqual([]);
});

it("R3, R9, R10, R11: what went by too early, unlocked, twice, or while Postgres was away is found", () => {
  const needed = { ...removal, neededBy: ["shop would need to go back"] };
  expect(judged([needed], [removed])).toEqual(["R3: removed what shop would need to go back"]);
  expect(judged([{ ...needed, statusCode: 400 }], [removed])).toEqual([]);
  expect(judged([{ ...move, locked: [] }], [moved])).toEqual([
    "R9: /services/svc/update?version=7 while nobody had locked the service",
  ]);
  expect(judged([move, back, move], [moved, movedBack, moved], { mayGoBack: true })).toEqual([
    "R10: shop was moved to the same objects 2 times",
  ]);
  const outage = { from: -500, until: 5000, wasOpen: true };
  expect(judged([move], [moved], { outage })).toEqual([
    "R11: POST /services/svc/update?version=7 while Postgres was away",
  ]);
  expect(judged([{ ...move, at: 400 }], [moved], { outage })).toEqual([]);
});

it("a commit is counted for each point that may have made one", () => {
  const points = [said(1, "store.insert"), said(2, "store.lease"), said(2, "nothing"), said(3, "store.save"), moved];
  expect(mostCommits({ said: points, faults: [] })).toBe(2);
  expect(mostCommits({ said: points, faults: [{ at: 3, variant: "dies before" }] })).toBe(1);
  expect(mostCommits({ said: points, faults: [{ at: 3, variant: "answer lost" }] })).toBe(2);
});
