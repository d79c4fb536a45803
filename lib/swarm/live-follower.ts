import "server-only";
import type { Clock } from "#lib/clock.ts";
import { otherSwarm } from "./errors.ts";
import type { SwarmEvent, SwarmEvents } from "./events.ts";
import type { SwarmGateway } from "./gateway.ts";
import {
  byIds,
  isDirty,
  isHeartbeatWanted,
  movedBetween,
  movingPause,
  movingServices,
  noneDirty,
  ofServices,
  type Pace,
  wholePause,
} from "./live-pace.ts";
import { lostReason, type PartOfSwarm, type Step, withConnection, withPart, withWhole } from "./live-state.ts";
import { orStopped, release, rest } from "./rest.ts";
import type { ClusterObject, ConnectionState, SwarmSnapshot } from "./schema.ts";

export type FollowerOptions = {
  gateway: SwarmGateway;
  events: SwarmEvents;
  clock: Clock;
  expectedClusterId: () => string | null;
  report: (error: unknown) => void;
  pace: Pace;
  snapshot: () => SwarmSnapshot;
  publish: (step: Step) => void;
};

/** Connects, reads, listens, and begins again when the connection is lost. One reading at a time, so none overtakes another. */
export class LiveFollower {
  readonly #options: FollowerOptions;
  readonly #movedAt = new Map<string, number>();
  #dirty = noneDirty();
  #waiting: (() => void)[] = [];
  #cut: () => void = () => undefined;
  #reported: string | null = null;
  #lastEventSeconds: number | null = null;
  #dueWhole = 0;
  #dueHeartbeat = 0;
  #dueMoving = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  async run(stop: AbortSignal): Promise<void> {
    const { pace } = this.#options;
    let failures = 0;
    while (!stop.aborted) {
      const began = performance.now();
      try {
        await orStopped(this.#follow(stop), stop);
      } catch (error) {
        if (stop.aborted) break;
        if (performance.now() - began > pace.steadyAfter) failures = 0;
        this.#reportOnce(error);
        // A connection may be cut though the Swarm is well: the attempt that follows at once tells.
        if (failures > 0 || !this.#mayBeAHiccup(error)) this.#lose(error);
      }
      if (performance.now() - began > pace.steadyAfter) failures = 0;
      await this.#rest(pace.retries[Math.min(failures, pace.retries.length - 1)] ?? 0, stop);
      failures += 1;
    }
    release(this.#waiting.splice(0));
  }

  /** Cuts a rest short. */
  wake(): void {
    this.#cut();
  }

  refreshed(stop: AbortSignal): Promise<void> {
    if (stop.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#cut();
    });
  }

  async #follow(stop: AbortSignal): Promise<void> {
    const leaving = new AbortController();
    const signal = AbortSignal.any([stop, leaving.signal]);
    try {
      // First the stream, then the reading: what happens in between is in the stream.
      const stream = await this.#options.events.open({ sinceSeconds: this.#lastEventSeconds, signal });
      void this.#listen(stream, leaving);
      await this.#readWhole();
      while (!signal.aborted) {
        await this.#rest(this.#untilDue(), signal);
        if (!signal.aborted) await this.#work(signal);
      }
    } finally {
      leaving.abort();
    }
  }

  async #listen(stream: AsyncIterable<SwarmEvent>, leaving: AbortController): Promise<void> {
    try {
      for await (const event of stream) {
        if (leaving.signal.aborted) return;
        this.#lastEventSeconds = Math.max(this.#lastEventSeconds ?? 0, event.atSeconds);
        if (event.objectType === "secret") this.#dirty.secrets.add(event.objectId);
        if (event.objectType === "node") this.#dirty.hasNodes = true;
        if (event.objectType === "service") {
          this.#dirty.services.add(event.objectId);
          this.#movedAt.set(event.objectId, performance.now());
        }
        this.#cut();
      }
    } catch (error) {
      if (!leaving.signal.aborted) this.#options.report(error);
    } finally {
      // A stream that was left on purpose must not cut short the rest before the next attempt.
      const isOurs = leaving.signal.aborted;
      leaving.abort();
      if (!isOurs) this.#cut();
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { gateway, clock, pace, snapshot } = this.#options;
    const now = performance.now();
    if (this.#waiting.length > 0 || now >= this.#dueWhole) return this.#readWhole();
    if (now >= this.#dueMoving) {
      for (const id of movingServices(snapshot(), this.#movedAt, now - pace.movingFor)) {
        this.#dirty.services.add(id);
      }
      this.#dueMoving = now + pace.moving;
    }
    if (isDirty(this.#dirty)) {
      await rest(pace.gather, signal).over;
      return signal.aborted ? undefined : this.#readDirty();
    }
    if (now >= this.#dueHeartbeat) {
      // The nodes too, because they are told only where somebody leads: nothing else is asked of a quiet Swarm.
      const [cluster, nodes] = await Promise.all([gateway.readCluster(), gateway.listNodes()]);
      this.#checkCluster(cluster);
      this.#publish(withPart(snapshot(), { nodes }, clock));
    }
  }

  async #readWhole(): Promise<void> {
    const { gateway, pace, snapshot, clock } = this.#options;
    const waiting = this.#waiting.splice(0);
    this.#dirty = noneDirty();
    const began = performance.now();
    try {
      const [cluster, nodes, secrets, services, tasks] = await Promise.all([
        gateway.readCluster(),
        gateway.listNodes(),
        gateway.listSecrets(),
        gateway.listServices(),
        gateway.listTasks(),
      ]);
      this.#checkCluster(cluster);
      this.#publish(withWhole(snapshot(), { cluster, nodes, secrets, services, tasks }, clock));
      this.#connect(cluster);
      this.#dueWhole = performance.now() + wholePause(pace, performance.now() - began);
      release(waiting);
    } catch (error) {
      this.#waiting.push(...waiting);
      throw error;
    }
  }

  async #readDirty(): Promise<void> {
    const { gateway, pace, snapshot, clock } = this.#options;
    const { secrets, services, hasNodes } = this.#dirty;
    this.#dirty = noneDirty();
    const began = performance.now();
    const part: PartOfSwarm = {};
    await Promise.all([
      // A reading may take long; whether anybody is there to answer must be known sooner.
      isHeartbeatWanted(pace, this.#dueHeartbeat - began) &&
        gateway.readCluster().then((cluster) => this.#checkCluster(cluster)),
      hasNodes && gateway.listNodes().then((nodes) => Object.assign(part, { nodes })),
      secrets.size > 0 &&
        gateway.listSecrets(byIds(secrets)).then((found) => {
          part.secrets = { ids: secrets, found };
        }),
      services.size > 0 &&
        Promise.all([gateway.listServices(byIds(services)), gateway.listTasks(ofServices(services))]).then(
          ([found, tasks]) => {
            part.services = { ids: services, found, tasks };
          },
        ),
    ]);
    this.#publish(withPart(snapshot(), part, clock));
    this.#dueMoving = Math.max(this.#dueMoving, performance.now() + movingPause(performance.now() - began));
  }

  #checkCluster(cluster: ClusterObject): void {
    const expected = this.#options.expectedClusterId();
    if (expected !== null && expected !== cluster.id) throw otherSwarm(expected, cluster.id);
    this.#dueHeartbeat = performance.now() + this.#options.pace.heartbeat;
  }

  #publish(step: Step): void {
    const before = this.#options.snapshot();
    this.#options.publish(step);
    for (const id of movedBetween(before, step.snapshot)) this.#movedAt.set(id, performance.now());
    const outdated = performance.now() - this.#options.pace.movingFor;
    for (const [id, at] of this.#movedAt) if (at < outdated) this.#movedAt.delete(id);
  }

  #connect({ id: clusterId }: ClusterObject): void {
    this.#reported = null;
    const { connection } = this.#options.snapshot();
    if (connection.state === "connected" && connection.clusterId === clusterId) return;
    this.#show({ state: "connected", clusterId, since: this.#options.clock.now().toISOString() });
  }

  #lose(error: unknown): void {
    const { connection } = this.#options.snapshot();
    const since = connection.state === "lost" ? connection.since : this.#options.clock.now().toISOString();
    this.#show({ state: "lost", reason: lostReason(error), since });
    release(this.#waiting.splice(0));
  }

  #show(connection: ConnectionState): void {
    this.#options.publish({ snapshot: withConnection(this.#options.snapshot(), connection), changes: [] });
  }

  /** The same failure comes with every attempt: the log gets it once, until something else happens. */
  #reportOnce(error: unknown): void {
    const words = String(error);
    if (words !== this.#reported) this.#options.report(error);
    this.#reported = words;
  }

  #mayBeAHiccup(error: unknown): boolean {
    return this.#options.snapshot().connection.state === "connected" && lostReason(error) === "unreachable";
  }

  #untilDue(): number {
    if (this.#waiting.length > 0 || isDirty(this.#dirty)) return 0;
    const due = Math.min(this.#dueWhole, this.#dueHeartbeat, this.#dueMoving);
    return Math.max(0, due - performance.now());
  }

  #rest(milliseconds: number, signal: AbortSignal): Promise<void> {
    const { over, cut } = rest(milliseconds, signal);
    this.#cut = cut;
    return over;
  }
}
