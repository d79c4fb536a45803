import { describe, expect, it } from "vitest";
import { sampleReference, sampleService, sampleTask } from "#lib/swarm/sample.ts";
import type { NodeObject, ReferenceChange, ServiceObject, TaskState, UpdateState } from "#lib/swarm/schema.ts";
import { type GateFacts, gateReasons, isOnlyReleaseMissing } from "./gate.ts";
import { gateText } from "./gate-text.ts";
import type { ServiceWrite } from "./store-port.ts";

const objectId = "object-old";
const old = sampleReference({ objectId, objectName: "db_v3" });
const fresh = sampleReference({ objectId: "object-new", objectName: "db_v4" });
const node = { id: "node-2", hostname: "worker-2", role: "worker", state: "ready" } as NodeObject;

function facts(over: Partial<GateFacts> = {}): GateFacts {
  return {
    objectId,
    objectName: "db_v3",
    version: 3,
    services: [],
    tasks: [],
    nodes: [node],
    volumes: [],
    writes: [],
    kindOf: () => "long-running",
    openOperationIds: [],
    retireAfter: null,
    lateUntil: null,
    isStackConfirmed: false,
    now: new Date("2026-05-01T12:00:00Z"),
    ...over,
  };
}

function texts(over: Partial<GateFacts>): string[] {
  return gateReasons(facts(over)).map((reason) => gateText(reason));
}

/** A service that has gone from the old version to the new one. */
function moved(over: Partial<ServiceObject> = {}): ServiceObject {
  return sampleService({ references: [fresh], previousReferences: [old], ...over });
}

function done(state: UpdateState) {
  return { state, startedAt: null, completedAt: null, message: "" };
}

function task(state: TaskState, over = {}) {
  return sampleTask({ state, desiredState: "shutdown", nodeId: "node-2", secretObjectIds: [objectId], ...over });
}

describe("the gate", () => {
  it("lets a version go that nothing needs", () => {
    const services = [sampleService({ references: [fresh], previousReferences: [fresh] })];
    expect(texts({ services, tasks: [task("shutdown"), task("failed"), task("complete"), task("orphaned")] })).toEqual(
      [],
    );
  });

  it.each([
    ["a service's spec", { services: [sampleService({ name: "web", references: [old] })] }, "web names it"],
    ["a task that has not ended", { tasks: [task("running")] }, "1 old task on worker-2"],
    ["tasks that are being stopped", { tasks: [task("running"), task("starting")] }, "2 old tasks on worker-2"],
    ["a task without a node", { tasks: [task("pending", { nodeId: null })] }, "1 old task that no node has yet"],
    [
      "a task on a node that is down",
      { tasks: [task("running")], nodes: [{ ...node, state: "down" as const }] },
      "1 old task on worker-2, which is down",
    ],
    ["a volume", { volumes: [{ id: "v", name: "data", secretObjectIds: [objectId] }] }, "volume data names it"],
    ["an open operation", { openOperationIds: ["operation-1"] }, "an operation on it is under way"],
    [
      "a creation of it that may come late",
      { lateUntil: "2026-05-01T12:00:40Z" },
      "kept until 2026-05-01 12:00:40 UTC",
    ],
    ["its keep time", { retireAfter: "2026-05-02T12:03:00Z" }, "kept until 2026-05-02 12:03:00 UTC"],
  ] as const)("is held by %s", (_what, over, text) => {
    expect(texts(over as Partial<GateFacts>)).toEqual([text]);
  });

  it("is not held by a keep time that is over", () => {
    expect(texts({ retireAfter: "2026-05-01T11:59:59Z" })).toEqual([]);
  });
});

describe("a previous spec", () => {
  it.each([
    ["of a quiet service", null, "long-running", null],
    ["after a completed update", done("completed"), "long-running", null],
    ["of a service that is being updated", done("updating"), "long-running", "busy"],
    ["of a paused service", done("paused"), "long-running", "busy"],
    ["of a service that was rolled back", done("rollback_completed"), "long-running", "rolled-back"],
    ["of one that runs to its end", null, "runs-to-end", "runs-to-end"],
  ] as const)("%s holds; whether Skep may release it is said (%#)", (_what, update, kind, notReleasable) => {
    const reasons = gateReasons(facts({ services: [moved({ update })], kindOf: () => kind }));
    expect(reasons).toMatchObject([{ reason: "previous-spec", notReleasable }]);
    expect(isOnlyReleaseMissing(reasons)).toBe(notReleasable === null);
  });

  it("is released only when it is all that is left", () => {
    const reasons = gateReasons(facts({ services: [moved()], tasks: [task("running")] }));
    expect(isOnlyReleaseMissing(reasons)).toBe(false);
    expect(isOnlyReleaseMissing([])).toBe(false);
  });
});

describe("a stack", () => {
  const change = (from: string, to: string): ReferenceChange => ({
    change: "replaced",
    target: "db_password",
    uid: "0",
    gid: "0",
    mode: 0o444,
    fromObjectId: from,
    fromObjectName: from,
    toObjectId: to,
    toObjectName: to,
  });
  const write = (from: string, to: string, at = "2026-05-01T10:00:00Z", serviceId = "service-web"): ServiceWrite => ({
    serviceId,
    at,
    changes: [change(from, to)],
    found: null,
    isResumed: false,
    releasedAs: null,
  });
  const inStack = (over: Partial<ServiceObject> = {}) => moved({ stack: "shop", previousReferences: [old], ...over });
  const stackTexts = (over: Partial<GateFacts>) => texts(over).filter((text) => text.startsWith("stack"));

  it("holds the version that it was last deployed with, when Skep moved its service away", () => {
    const writes = [write(objectId, "object-new")];
    expect(stackTexts({ services: [inStack()], writes })).toEqual(["stack shop still names v3"]);
    expect(stackTexts({ services: [moved()], writes })).toEqual([]);
  });

  it("does not hold versions that only Skep put there", () => {
    const writes = [write("object-v2", objectId, "2026-05-01T09:00:00Z"), write(objectId, "object-new")];
    expect(stackTexts({ services: [inStack()], writes })).toEqual([]);
    expect(stackTexts({ services: [inStack()], writes, objectId: "object-v2" })).toEqual(["stack shop still names v3"]);
  });

  it("holds what a later deploy brought, and no longer what came before it", () => {
    const found = { at: "2026-05-01T09:30:00Z", isDeploy: true };
    const first = write("object-v1", "object-v2", "2026-05-01T09:00:00Z");
    const writes = [first, { ...write(objectId, "object-new"), found }];
    expect(stackTexts({ services: [inStack()], writes })).toEqual(["stack shop still names v3"]);
    expect(stackTexts({ services: [inStack()], writes, objectId: "object-v1" })).toEqual([]);
  });

  it("still holds what it was deployed with when somebody, or the Swarm, rolled the service back to another version", () => {
    const undone = [
      write(objectId, "object-v2", "2026-05-01T09:00:00Z"),
      write("object-v2", objectId, "2026-05-01T09:10:00Z"),
    ];
    const startedAt = "2026-05-01T09:30:00Z";
    const update = { state: "rollback_completed", startedAt, completedAt: null, message: "" } as const;
    const references = [sampleReference({ objectId: "object-v2" })];
    const byHand = inStack({ references, previousReferences: [old], update });
    expect(stackTexts({ services: [byHand], writes: undone })).toEqual(["stack shop still names v3"]);
    const bySwarm = inStack({ references, previousReferences: null, update });
    const rotated = [
      write(objectId, "object-v2", "2026-05-01T09:00:00Z"),
      write("object-v2", "object-new", "2026-05-01T09:20:00Z"),
    ];
    expect(stackTexts({ services: [bySwarm], writes: rotated })).toEqual(["stack shop still names v3"]);
    for (const found of [{ at: startedAt, isDeploy: false }, null]) {
      const writes = [...undone, { ...write("object-v2", "object-new"), found }];
      expect(stackTexts({ services: [inStack()], writes })).toEqual(["stack shop still names v3"]);
    }
  });

  it("holds what Skep had put there when another hand then updated the service and left it: the line may name it", () => {
    const first = write("object-v2", objectId, "2026-05-01T09:00:00Z");
    const found = { at: "2026-05-01T09:30:00Z", isDeploy: false };
    const writes = [first, { ...write(objectId, "object-new"), found }];
    expect(stackTexts({ services: [inStack()], writes })).toEqual(["stack shop still names v3"]);
    expect(stackTexts({ services: [inStack()], writes, objectId: "object-v2" })).toHaveLength(1);
  });

  it("lets go when a person says that the line was changed", () => {
    const writes = [write(objectId, "object-new")];
    expect(stackTexts({ services: [inStack()], writes, isStackConfirmed: true })).toEqual([]);
  });

  it("lets go when a deploy with the newer name was seen: every service updated after Skep, with the new version", () => {
    const writes = [write(objectId, "object-new")];
    const redeployed = inStack({ previousReferences: [fresh], updatedAt: "2026-05-01T11:00:00Z" });
    const other = (updatedAt: string) => sampleService({ name: "cache", stack: "shop", updatedAt });
    const later = other("2026-05-01T11:00:01Z");
    expect(stackTexts({ services: [redeployed, later], writes })).toEqual([]);
    expect(stackTexts({ services: [redeployed, other("2026-05-01T09:00:00Z")], writes })).toHaveLength(1);
    expect(stackTexts({ services: [inStack(), later], writes })).toHaveLength(1);
  });

  it("takes no scaling and no restart by force for a deploy", () => {
    const writes = [write(objectId, "object-new")];
    const later = { updatedAt: "2026-05-01T11:00:00Z" };
    const web = (lastUpdate: ServiceObject["lastUpdate"]) =>
      inStack({ previousReferences: [fresh], lastUpdate, ...later });
    const cache = (lastUpdate: ServiceObject["lastUpdate"]) =>
      sampleService({ name: "cache", stack: "shop", lastUpdate, ...later });
    for (const deployed of ["other", "identical"] as const) {
      expect(stackTexts({ services: [web(deployed), cache("other")], writes })).toEqual([]);
    }
    expect(stackTexts({ services: [web("scale-or-force"), cache("other")], writes })).toHaveLength(1);
    expect(stackTexts({ services: [web("other"), cache("scale-or-force")], writes })).toHaveLength(1);
  });

  it("takes no spec that Skep sent once more, so that a rollout went on, for a deploy", () => {
    const writes = [{ ...write(objectId, "object-new"), isResumed: true }];
    const resumed = (lastUpdate: ServiceObject["lastUpdate"]) => inStack({ previousReferences: [fresh], lastUpdate });
    expect(stackTexts({ services: [resumed("identical")], writes })).toHaveLength(1);
    expect(stackTexts({ services: [resumed("other")], writes })).toEqual([]);
  });

  const release = (over: Partial<ServiceWrite> = {}): ServiceWrite => ({
    ...write(objectId, "object-new", "2026-05-01T10:30:00Z"),
    changes: [],
    releasedAs: 40,
    ...over,
  });
  const released: Partial<ServiceObject> = {
    previousReferences: [fresh],
    lastUpdate: "identical",
    updatedAt: "2026-05-01T10:30:01Z",
  };

  it("takes no release of Skep's own for a deploy, and tells one that came after it by the service's version", () => {
    const writes = [write(objectId, "object-new"), release()];
    expect(stackTexts({ services: [inStack({ ...released, versionIndex: 40 })], writes })).toHaveLength(1);
    expect(stackTexts({ services: [inStack({ ...released, versionIndex: 41 })], writes })).toEqual([]);
    const lost = [write(objectId, "object-new"), release({ releasedAs: null })];
    expect(stackTexts({ services: [inStack({ ...released, versionIndex: 41 })], writes: lost })).toHaveLength(1);
  });

  it("remembers a deploy that was seen before Skep's own next update", () => {
    const found = { at: "2026-05-01T10:20:00Z", isDeploy: true };
    const writes = [write(objectId, "object-new"), release({ found })];
    expect(stackTexts({ services: [inStack({ ...released, versionIndex: 40 })], writes })).toEqual([]);
    const scaled = [write(objectId, "object-new"), release({ found: { ...found, isDeploy: false } })];
    expect(stackTexts({ services: [inStack({ ...released, versionIndex: 40 })], writes: scaled })).toHaveLength(1);
  });

  it("takes Skep's own update of another service of the stack for no deploy of that one", () => {
    const other = { ...change("cache-v1", "cache-v2"), target: "cache_password" };
    const ofCache = { ...write("", "", "2026-05-01T10:10:00Z", "service-cache"), changes: [other] };
    const writes = [write(objectId, "object-new"), ofCache];
    const web = inStack({ previousReferences: [fresh], lastUpdate: "other", updatedAt: "2026-05-01T11:00:00Z" });
    const at = (id: string) => [sampleReference({ objectId: id, target: "cache_password" })];
    const cache = { id: "service-cache", name: "cache", stack: "shop", references: at("cache-v2") };
    const rotated = sampleService({ ...cache, previousReferences: at("cache-v1"), updatedAt: "2026-05-01T10:10:01Z" });
    const deployed = sampleService({ ...cache, previousReferences: at("cache-v2"), updatedAt: "2026-05-01T11:00:01Z" });
    expect(stackTexts({ services: [web, rotated], writes })).toHaveLength(1);
    expect(stackTexts({ services: [web, deployed], writes })).toEqual([]);
  });

  it("does not take Skep's own update for another secret for somebody's who named what Skep had put there", () => {
    const other = { ...change("cache-v1", "cache-v2"), target: "cache_password" };
    const between = { ...write("", "", "2026-05-01T09:30:00Z"), changes: [other] };
    const writes = [write("object-v2", objectId, "2026-05-01T09:00:00Z"), between, write(objectId, "object-new")];
    expect(stackTexts({ services: [inStack()], writes })).toEqual([]);
  });

  it("takes an update that failed, so that the Swarm went back to what Skep had left, for no deploy", () => {
    const writes = [write(objectId, "object-new")];
    const update = {
      state: "rollback_completed",
      startedAt: "2026-05-01T11:00:00Z",
      completedAt: null,
      message: "",
    } as const;
    const back = inStack({ previousReferences: null, lastUpdate: null, update });
    expect(stackTexts({ services: [back], writes })).toHaveLength(1);
  });

  it("lets go when its services are gone, or name something else by another hand", () => {
    const writes = [write(objectId, "object-new")];
    expect(stackTexts({ services: [], writes })).toEqual([]);
    const references = [sampleReference({ objectId: "object-v9" })];
    const elsewhere = inStack({ references, previousReferences: [fresh] });
    expect(stackTexts({ services: [elsewhere], writes })).toEqual([]);
  });
});
