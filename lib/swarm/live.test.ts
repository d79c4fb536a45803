import { expect, it, onTestFinished, vi } from "vitest";
import { AppError } from "#lib/errors.ts";
import { noLeader } from "./errors.ts";
import type { SwarmEvent, SwarmEvents } from "./events.ts";
import type { SwarmGateway } from "./gateway.ts";
import { type LiveIndex, type LiveIndexOptions, startLiveIndex } from "./live.ts";
import { sampleReference, sampleSecret, sampleService } from "./sample.ts";
import type { SecretObject, ServiceObject, SwarmChange } from "./schema.ts";

/** A Swarm of maps that counts what is asked of it, and can be cut off. */
class PaperSwarm {
  clusterId = "cluster-1";
  readonly secrets = new Map<string, SecretObject>();
  readonly services = new Map<string, ServiceObject>();
  readonly asked: string[] = [];
  failure: AppError | null = null;
  hasLeader = true;
  #send: ((event: SwarmEvent) => void) | null = null;
  #cut: (() => void) | null = null;

  readonly gateway = {
    readCluster: async () =>
      this.#answer("cluster", { id: this.clusterId, name: "", isAutolocked: false, engineVersion: "" }),
    listNodes: async () => {
      if (!this.hasLeader) throw noLeader("nobody");
      return this.#answer("nodes", []);
    },
    listSecrets: async (filter) =>
      this.#answer(
        "secrets",
        [...this.secrets.values()].filter(({ id }) => filter?.ids?.includes(id) ?? true),
      ),
    listServices: async (filter) =>
      this.#answer(
        "services",
        [...this.services.values()].filter(({ id }) => filter?.ids?.includes(id) ?? true),
      ),
    listTasks: async () => this.#answer("tasks", []),
  } as Partial<SwarmGateway> as SwarmGateway;

  readonly events: SwarmEvents = {
    open: async ({ signal }) => {
      this.#answer("events", null);
      return this.#stream(signal);
    },
  };

  send(objectType: SwarmEvent["objectType"], objectId: string): void {
    this.#send?.({ objectType, objectId, action: "update", atSeconds: 1 });
  }

  cut(): void {
    this.#cut?.();
  }

  async *#stream(signal: AbortSignal): AsyncGenerator<SwarmEvent> {
    const queue: SwarmEvent[] = [];
    let wake = Promise.withResolvers<void>();
    let isCut = false;
    this.#send = (event) => {
      queue.push(event);
      wake.resolve();
    };
    this.#cut = () => {
      isCut = true;
      wake.resolve();
    };
    signal.addEventListener("abort", this.#cut);
    while (!isCut) {
      await wake.promise;
      wake = Promise.withResolvers();
      yield* queue.splice(0);
    }
  }

  #answer<T>(what: string, answer: T): T {
    this.asked.push(what);
    if (this.failure) throw this.failure;
    return answer;
  }
}

const rare = { heartbeat: 1e6, wholeAtMost: 1e6, wholeAtLeast: 1e6, moving: 1e6 };

async function follow(swarm: PaperSwarm, options: Partial<LiveIndexOptions> = {}): Promise<LiveIndex> {
  const pace = { ...rare, gather: 5, retries: [5, 10], ...options.pace };
  const live = startLiveIndex({ gateway: swarm.gateway, events: swarm.events, ...options, pace });
  onTestFinished(() => live.stop());
  await live.refreshed();
  return live;
}

const unreachable = new AppError("swarm-unreachable", "Gone.");

it("a burst of events is one reading, and one revision", async () => {
  const swarm = new PaperSwarm();
  const live = await follow(swarm);
  const { revision } = live.snapshot();
  swarm.asked.length = 0;
  for (let number = 0; number < 40; number += 1) {
    const secret = sampleSecret({ name: `s${number}` });
    swarm.secrets.set(secret.id, secret);
    swarm.send("secret", secret.id);
  }
  await expect.poll(() => live.snapshot().secrets.size).toBe(40);
  expect(swarm.asked).toEqual(["secrets"]);
  expect(live.snapshot().revision).toBe(revision + 1);
});

it("a reading that finds nothing new is confirmed, not announced", async () => {
  const swarm = new PaperSwarm();
  const secret = sampleSecret();
  swarm.secrets.set(secret.id, secret);
  const live = await follow(swarm);
  const before = live.snapshot();
  const announced = vi.fn();
  live.subscribe(announced);
  swarm.secrets.set(secret.id, { ...secret });
  const after = await live.refreshed();
  expect(announced).not.toHaveBeenCalled();
  expect(after.secrets.get(secret.id)).toBe(before.secrets.get(secret.id));
  expect(after.revision).toBe(before.revision);
});

it("changes to references are told with before and after, changes of scale are not", async () => {
  const swarm = new PaperSwarm();
  const service = sampleService({ references: [sampleReference()] });
  swarm.services.set(service.id, service);
  const live = await follow(swarm);
  const changes: SwarmChange[] = [];
  live.onChange((change) => changes.push(change));
  swarm.services.set(service.id, { ...service, versionIndex: 11, mode: { type: "replicated", replicas: 5 } });
  swarm.send("service", service.id);
  await expect.poll(() => live.snapshot().services.get(service.id)?.versionIndex).toBe(11);
  expect(changes).toEqual([]);
  const references = [sampleReference({ objectName: "db_password_v2" })];
  swarm.services.set(service.id, { ...service, versionIndex: 12, references, updatedAt: "2026-03-02T00:00:00Z" });
  swarm.send("service", service.id);
  await expect
    .poll(() => changes)
    .toEqual([
      {
        objectType: "service",
        objectId: service.id,
        objectName: "web",
        versionIndex: 12,
        before: [sampleReference()],
        after: references,
        isRolledBack: false,
        at: "2026-03-02T00:00:00Z",
      },
    ]);
});

it("what the Swarm put back itself is told as such", async () => {
  const swarm = new PaperSwarm();
  const service = sampleService({ references: [sampleReference({ objectName: "db_password_v2" })] });
  swarm.services.set(service.id, service);
  const live = await follow(swarm);
  const changes: SwarmChange[] = [];
  live.onChange((change) => changes.push(change));
  const update = { state: "rollback_started", startedAt: null, completedAt: null, message: "" } as const;
  const back = { references: [sampleReference()], previousReferences: null, update };
  swarm.services.set(service.id, { ...service, versionIndex: 12, ...back });
  swarm.send("service", service.id);
  await expect.poll(() => changes).toMatchObject([{ objectId: service.id, isRolledBack: true }]);
});

it("one listener's failure reaches the log, and no other listener", async () => {
  const swarm = new PaperSwarm();
  const report = vi.fn();
  const live = await follow(swarm, { report });
  const failure = new Error("a listener's own");
  const announced = vi.fn();
  live.subscribe(() => {
    throw failure;
  });
  live.subscribe(announced);
  const secret = sampleSecret();
  swarm.secrets.set(secret.id, secret);
  swarm.send("secret", secret.id);
  await expect.poll(() => announced).toHaveBeenCalled();
  expect(report).toHaveBeenCalledWith(failure);
});

it("a cut stream alone is no lost connection, and what happened meanwhile is read", async () => {
  const swarm = new PaperSwarm();
  const live = await follow(swarm);
  const states: string[] = [];
  live.subscribe(({ connection }) => states.push(connection.state));
  const { connection } = live.snapshot();
  const secret = sampleSecret();
  swarm.secrets.set(secret.id, secret);
  swarm.cut();
  await expect.poll(() => live.snapshot().secrets.size).toBe(1);
  expect(states).toEqual(["connected"]);
  expect(live.snapshot().connection).toBe(connection);
});

it("a lost connection keeps its first moment while the reason changes, and the last picture", async () => {
  let now = Date.parse("2026-03-01T12:00:00Z");
  const clock = {
    now() {
      now += 1000;
      return new Date(now);
    },
  };
  const swarm = new PaperSwarm();
  const secret = sampleSecret();
  swarm.secrets.set(secret.id, secret);
  const report = vi.fn();
  const live = await follow(swarm, { clock, report });
  swarm.failure = unreachable;
  swarm.cut();
  await expect.poll(() => live.snapshot().connection).toMatchObject({ reason: "unreachable" });
  const { connection } = live.snapshot();
  swarm.failure = new AppError("swarm-locked", "Locked.");
  await expect.poll(() => live.snapshot().connection).toEqual({ ...connection, reason: "locked" });
  expect(live.snapshot().secrets.size).toBe(1);
  // Many attempts failed; the log has each reason once.
  expect(report).toHaveBeenCalledTimes(2);
  swarm.failure = null;
  await expect.poll(() => live.snapshot().connection.state).toBe("connected");
});

it("a Swarm that falls silent in the middle of a reading is noticed by a shorter question beside it", async () => {
  const swarm = new PaperSwarm();
  // Longer ago than a fifth of this, when events have been gathered.
  const live = await follow(swarm, { pace: { heartbeat: 10 } });
  const silence = () => new Promise<never>(() => undefined);
  Object.assign(swarm.gateway, { listServices: silence, listTasks: silence });
  swarm.send("service", "any");
  swarm.failure = unreachable;
  await expect.poll(() => live.snapshot().connection).toMatchObject({ state: "lost" });
});

it("a quiet Swarm that has lost its leader is said to be so, and its picture is confirmed no more", async () => {
  const swarm = new PaperSwarm();
  const live = await follow(swarm, { pace: { heartbeat: 10 } });
  swarm.hasLeader = false;
  await expect.poll(() => live.snapshot().connection).toMatchObject({ state: "lost", reason: "no-leader" });
  const { asOf } = live.snapshot();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(live.snapshot().asOf).toBe(asOf);
});

it("a Swarm that is not reached at first says so at once, and a refresh does not wait for ever", async () => {
  const swarm = new PaperSwarm();
  swarm.failure = new AppError("swarm-not-manager", "A worker.");
  const live = await follow(swarm);
  expect(live.snapshot().connection).toMatchObject({ state: "lost", reason: "not-manager" });
  expect(live.snapshot().asOf).toBeNull();
});

it("another Swarm at the same address is not shown, and once it is the right one, not told as changes", async () => {
  const swarm = new PaperSwarm();
  const secret = sampleSecret();
  swarm.secrets.set(secret.id, secret);
  let expected = "cluster-1";
  const live = await follow(swarm, { expectedClusterId: () => expected, pace: { heartbeat: 10 } });
  const changes = vi.fn();
  live.onChange(changes);
  swarm.clusterId = "cluster-2";
  swarm.secrets.clear();
  await expect.poll(() => live.snapshot().connection).toMatchObject({ reason: "other-swarm" });
  // It is asked again at the pace of retries, not as often as the machine can.
  expect(swarm.asked.filter((what) => what === "events").length).toBeLessThan(20);
  expect(live.snapshot().secrets.size).toBe(1);
  expected = "cluster-2";
  await expect.poll(() => live.snapshot().connection).toMatchObject({ clusterId: "cluster-2" });
  expect(live.snapshot().secrets.size).toBe(0);
  expect(changes).not.toHaveBeenCalled();
});

it("while an update runs its service is looked at again and again, and others are not", async () => {
  const swarm = new PaperSwarm();
  const update = { state: "updating", startedAt: null, completedAt: null, message: "" } as const;
  const busy = sampleService({ name: "busy", update });
  for (const service of [busy, sampleService({ name: "quiet" })]) swarm.services.set(service.id, service);
  const live = await follow(swarm, { pace: { moving: 5, movingFor: 0 } });
  swarm.asked.length = 0;
  await expect.poll(() => swarm.asked.filter((what) => what === "tasks").length).toBeGreaterThan(3);
  swarm.services.set(busy.id, { ...busy, versionIndex: 11, update: { ...update, state: "completed" } });
  await expect.poll(() => live.snapshot().services.get(busy.id)?.update?.state).toBe("completed");
  expect(swarm.asked).not.toContain("secrets");
});

it("an update that gets no further is news after some minutes, though nothing happens in the Swarm", async () => {
  let now = Date.parse("2026-03-01T12:00:00Z");
  const swarm = new PaperSwarm();
  const update = { state: "updating", startedAt: "2026-03-01T12:00:00Z", completedAt: null, message: "" } as const;
  const stuck = sampleService({ update, tasks: { running: 0, desired: 1, completed: 0 } });
  swarm.services.set(stuck.id, stuck);
  const live = await follow(swarm, { clock: { now: () => new Date(now) }, pace: { heartbeat: 10 } });
  const { revision, stalled } = live.snapshot();
  expect(stalled.size).toBe(0);
  now += 10 * 60_000;
  await expect.poll(() => live.snapshot().stalled).toEqual(new Set([stuck.id]));
  expect(live.snapshot().revision).toBe(revision + 1);
});

it("when it is stopped it asks nothing more, and tells nobody", async () => {
  const swarm = new PaperSwarm();
  const live = await follow(swarm);
  const announced = vi.fn();
  live.subscribe(announced);
  await live.stop();
  swarm.asked.length = 0;
  swarm.secrets.set("x", sampleSecret({ id: "x" }));
  await live.refreshed();
  expect(swarm.asked).toEqual([]);
  expect(announced).not.toHaveBeenCalled();
});
