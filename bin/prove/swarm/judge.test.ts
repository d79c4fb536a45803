import { describe, expect, it } from "vitest";
import type { SwarmCall } from "#lib/audit/schema.ts";
import { type Document, readDocument } from "#lib/operations/witness/document.ts";
import { blindRemovals, brokenCalls, strangeCalls } from "./calls.ts";
import { Cells } from "./cells.ts";
import { brokenBy, fallen, type RotationFacts, type ServiceFacts } from "./judge.ts";
import { type Intent, stepInside } from "./ledger.ts";
import type { Write } from "./wire.ts";

const moved: ServiceFacts = {
  name: "web",
  isFailing: false,
  named: ["new"],
  previous: ["new"],
  wanted: 2,
  running: { new: 2 },
  living: ["new", "new"],
  rest: "image 2",
  wantedRest: "image 2",
};
const back: ServiceFacts = { ...moved, named: ["old"], previous: ["new"], running: { old: 2 }, living: ["old", "old"] };

function rotation(over: Partial<RotationFacts> = {}, service: Partial<ServiceFacts> = {}): RotationFacts {
  return {
    name: "a rotation",
    fault: "postgres",
    phase: "update",
    state: "ended",
    outcome: "done",
    attention: null,
    leftOut: [],
    heldBy: [],
    oldId: "old",
    oldName: "s_v1",
    newId: "new",
    isRemoved: true,
    services: [{ ...moved, ...service }],
    objects: [{ id: "new", name: "s_v2" }],
    knownIds: ["new"],
    locks: 0,
    open: 0,
    ...over,
  };
}

const kept = {
  isRemoved: false,
  objects: [
    { id: "old", name: "s_v1" },
    { id: "new", name: "s_v2" },
  ],
  knownIds: ["old", "new"],
};
const undone = { ...kept, outcome: "undone", attention: { because: "web failed.", choices: [] }, services: [back] };

const onlyPrevious = { reason: "previous-spec", serviceId: "service-web", serviceName: "web" } as const;
const onDeadNode = { reason: "task", tasks: 1, nodeName: "n1", isNodeDown: true } as const;
const releasable = { ...onlyPrevious, notReleasable: null };
const named = { reason: "named", serviceId: "service-web", serviceName: "web" } as const;
const leftOut = { ...kept, outcome: "done-left-out", leftOut: ["s_v1"], heldBy: [onDeadNode] };

function asked(because: string): Partial<RotationFacts> {
  return { ...kept, state: "needs-attention", outcome: null, attention: { because, choices: ["accept"] } };
}

describe("a rotation that kept every promise", () => {
  it.each([
    ["done, the old version removed", rotation()],
    ["undone after its tasks failed", rotation({ ...undone, services: [{ ...back, isFailing: true }] })],
    [
      "left out because another hand moved a service back",
      rotation({ ...leftOut, fault: "redeploy", leftOut: ["web", "s_v1"], heldBy: [named], services: [back] }),
    ],
    ["done, the old version held by a task on the node that died", rotation({ ...leftOut, fault: "leader" })],
    [
      "done, and nobody released what is held for another reason anyway",
      rotation({ ...leftOut, fault: "leader", heldBy: [onDeadNode, releasable] }),
    ],
    [
      "waiting for a person after another hand's edit",
      rotation({ ...asked("web is being updated by another hand, and Skep leaves that alone."), fault: "edit" }),
    ],
    [
      "waiting for a person after a manager died with a task",
      rotation({ ...asked("web failed. web.1 on n2: task: non-zero exit (255)"), fault: "leader" }),
    ],
    ["undone after a manager was cut off", rotation({ ...undone, fault: "cut-off", services: [back] })],
    ["stopped half-way by another hand's deploy", rotation({ ...kept, fault: "redeploy", outcome: "stopped-mixed" })],
  ])("is not complained of: %s", (_how, facts) => {
    expect(brokenBy(facts)).toEqual([]);
  });
});

describe("what is violated is found", () => {
  it.each<[string, RotationFacts, string]>([
    ["a rotation that never ended", rotation({ state: "open", outcome: null }), "lost"],
    ["done, while tasks run the old version", rotation({}, { running: { old: 2 } }), "R5"],
    ["done, while a task is missing", rotation({}, { running: { new: 1 } }), "R5"],
    ["done, with a service that names the old version", rotation({ ...kept }, { named: ["old"] }), "R8"],
    ["done, with a service that takes no new value", rotation({}, { isFailing: true }), "R5"],
    ["done, and the old version was not removed", rotation({ ...kept }), "R8"],
    ["left out without a name", rotation({ ...kept, outcome: "done-left-out" }), "R8"],
    ["undone where nothing could fail", rotation(undone), "R10"],
    ["undone, with a service on the new version", rotation({ ...undone, fault: "leader", services: [moved] }), "R8"],
    ["a removal while a previous spec names the object", rotation({}, { previous: ["old"] }), "R3"],
    ["a removal while a task has the object", rotation({}, { living: ["old", "new"] }), "R3"],
    ["an object that is gone and nobody removed", rotation({ isRemoved: false }), "R3"],
    ["an edit that is not there any more", rotation({}, { rest: "image 1" }), "R4"],
    ["a second new object", rotation({ objects: [...kept.objects, { id: "x", name: "s_v3" }] }), "R2"],
    ["an object that Postgres does not know", rotation({ knownIds: [] }), "R13"],
    ["a lock that is left", rotation({ locks: 1 }), "R9"],
    ["a person who is needed though only Skep was killed", rotation({ state: "needs-attention" }), "R10"],
    [
      "a person who is needed after a dead manager for something else",
      rotation({ ...asked("Skep met a defect of its own; its log says where."), fault: "leader" }),
      "R10",
    ],
    [
      "a person who is needed for tasks that failed, when a hand only edited",
      rotation({ ...asked("web failed. web.1 on n2: task: non-zero exit (1)"), fault: "edit" }),
      "R10",
    ],
    ["undone after a deploy, though nothing failed", rotation({ ...undone, fault: "redeploy" }), "R10"],
    ["a mixed end after Postgres was restarted", rotation({ ...kept, outcome: "stopped-mixed" }), "R8"],
    ["a mixed end after nothing at all", rotation({ ...kept, fault: null, outcome: "stopped-mixed" }), "R8"],
    [
      "a service that was left out though nobody took it back",
      rotation({ ...leftOut, fault: "leader", leftOut: ["web", "s_v1"] }),
      "web was left out",
    ],
    ["an old version held by a task, and no node was away", rotation({ ...leftOut, fault: "skep" }), "R3"],
    [
      "an old version held by a name, and nobody deployed",
      rotation({ ...leftOut, fault: "leader", heldBy: [named] }),
      "R3",
    ],
    [
      "an old version that only a release would have freed",
      rotation({ ...leftOut, fault: "redeploy", heldBy: [releasable] }),
      "R3",
    ],
    ["an old version held for no reason", rotation({ ...leftOut, fault: "leader", heldBy: [] }), "R3"],
  ])("%s", (_what, facts, rule) => {
    expect(brokenBy(facts).join("\n")).toContain(rule);
  });
});

const call: SwarmCall = {
  call: "service.update",
  service: { id: "web", name: "web" },
  versionIndex: 7,
  why: "move",
  changes: [
    {
      change: "replaced",
      target: "s",
      fromObjectId: "old",
      fromObjectName: "s_v1",
      toObjectId: "new",
      toObjectName: "s_v2",
      uid: "0",
      gid: "0",
      mode: 292,
    },
  ],
};
const intent: Intent = { callKey: "move:web#1", at: 100, call, ends: [{ at: 200, result: "applied" }] };

function spec(objectId: string, objectName: string, image = "a:1"): string {
  const Secrets = [{ File: { Name: "s" }, SecretID: objectId, SecretName: objectName }];
  return JSON.stringify({ Name: "web", TaskTemplate: { ContainerSpec: { Image: image, Secrets } } });
}

const write: Write = {
  at: 150,
  owner: "skep 1",
  manager: "n1",
  method: "POST",
  path: "/services/web/update?version=7",
  statusCode: 200,
  body: spec("new", "s_v2"),
  neededBy: [],
};
const removal: Write = { ...write, method: "DELETE", path: "/secrets/old", body: "", neededBy: ["a task"] };
const specAt = (): Document => readDocument(spec("old", "s_v1"));

describe("calls", () => {
  it("of an intent, one of them with effect, are as they must be", () => {
    const late = { ...write, at: 900, owner: "skep 2", statusCode: 500 };
    expect(brokenCalls({ intents: [intent], writes: [write, late], specAt })).toEqual([]);
  });

  it.each<[string, readonly Intent[], readonly Write[], string]>([
    ["before their intent", [intent], [{ ...write, at: 50 }], "R14"],
    [
      "for another version than was written down",
      [intent],
      [{ ...write, path: "/services/web/update?version=8" }],
      "R14",
    ],
    ["with effect twice for one intent", [intent], [write, { ...write, manager: "n2" }], "R10"],
    ["with effect after their end was written down", [intent], [{ ...write, at: 900 }], "R10"],
    ["whose end was never written down", [{ ...intent, ends: [] }], [write], "R14"],
    ["that change the image as well", [intent], [{ ...write, body: spec("new", "s_v2", "a:2") }], "R4"],
    ["that leave the reference as it was", [intent], [{ ...write, body: spec("old", "s_v1") }], "R4"],
    ["to move a service twice", [intent, { ...intent, callKey: "move:web#2" }], [], "R10"],
    ["that remove what a task needs", [], [removal], "R3"],
  ])("%s are found", (_how, intents, writes, rule) => {
    expect(brokenCalls({ intents, writes, specAt }).join("\n")).toContain(rule);
  });

  it("that removed something while nobody could tell who needs it are counted, and those that Docker refused are not", () => {
    const blind = { ...removal, neededBy: null };
    expect(blindRemovals([removal, blind, { ...blind, statusCode: null }, { ...blind, statusCode: 500 }, write])).toBe(
      2,
    );
    expect(brokenCalls({ intents: [], writes: [blind], specAt }).join("\n")).not.toContain("R3");
  });

  it("about nothing that anybody asked for are found", () => {
    expect(strangeCalls([write], ["web"])).toEqual([]);
    expect(strangeCalls([write], ["api"])).toHaveLength(1);
  });
});

it("An instance that ended by itself is found, and one that was ended is not", () => {
  const killed = { owner: "skep 1", how: "SIGKILL", isAsked: true };
  expect(fallen([killed, { owner: "skep 2", how: "code 1", isAsked: false }])).toEqual([
    "R10: skep 2 ended by itself (code 1)",
  ]);
});

describe("a fault counts", () => {
  const facts = { intent: { call, attempt: 1, at: "" }, soakUntil: new Date(2000).toISOString() };
  const standing = (name: "move" | "watch", state: string) => {
    return { state: "open", now: 1000, steps: [{ name, subjectId: "web", subjectName: "web", state, facts }] };
  };

  it("inside its phase only, as the ledger has it", () => {
    expect(stepInside("update", standing("move", "running"))).not.toBeNull();
    expect(stepInside("undo", standing("move", "running"))).toBeNull();
    expect(stepInside("update", standing("move", "done"))).toBeNull();
    expect(stepInside("soak", standing("watch", "running"))).not.toBeNull();
    expect(stepInside("soak", { ...standing("watch", "running"), now: 3000 })).toBeNull();
    expect(stepInside("update", { ...standing("move", "running"), state: "ended" })).toBeNull();
  });

  it("until each has come often enough inside each phase, and as many rotations were made as are wanted", () => {
    const cells = new Cells({ each: 1, rotations: 3, fault: "edit" });
    const first = cells.next(0);
    for (const phase of first?.phases.slice(1) ?? []) cells.count("edit", phase);
    expect(cells.next(2)).toMatchObject({ phases: ["create"], turn: 1 });
    cells.count("edit", "create");
    expect(cells.next(2)?.phases).toHaveLength(5);
    expect(cells.next(3)).toBeNull();
  });
});
