import "server-only";
import type { SwarmSnapshot } from "./schema.ts";
import { isAtWork } from "./standing.ts";

/** How often the live index looks, in milliseconds. */
export type Pace = {
  /** How long events are gathered before anything is read: a stack deploy is a burst of them. */
  gather: number;
  /** How often the tasks of services on the move are read: tasks have no events of their own. */
  moving: number;
  /** How long a service counts as on the move after its last change. */
  movingFor: number;
  /** How often the connection is checked. The longer, the later the banner. */
  heartbeat: number;
  /** The longest pause between two readings of the whole Swarm. */
  wholeAtLeast: number;
  /** The shortest pause between two readings of the whole Swarm. */
  wholeAtMost: number;
  /** Between the two, the pause is so many times as long as the last reading took. */
  wholeShare: number;
  /** A connection that lasted this long counts as a success: failures are counted from zero again. */
  steadyAfter: number;
  /** Waits between attempts to connect; the last one repeats. */
  retries: readonly number[];
};

export const usualPace: Pace = {
  gather: 30,
  moving: 1_000,
  movingFor: 20_000,
  heartbeat: 5_000,
  wholeAtLeast: 60_000,
  wholeAtMost: 5_000,
  wholeShare: 30,
  steadyAfter: 5_000,
  retries: [100, 500, 1_000, 2_000, 5_000],
};

/** When the whole Swarm is due again, after a reading that took this long. */
export function wholePause(pace: Pace, tookMilliseconds: number): number {
  return Math.min(pace.wholeAtLeast, Math.max(pace.wholeAtMost, tookMilliseconds * pace.wholeShare));
}

/** The least pause between two readings of tasks on the move, after one that took this long. */
export function movingPause(tookMilliseconds: number): number {
  return tookMilliseconds * 5;
}

/** Whether a reading that begins now, so long before the next heartbeat, is to bring its own: it is spared one only after a very recent one. */
export function isHeartbeatWanted({ heartbeat }: Pace, untilDueMilliseconds: number): boolean {
  return untilDueMilliseconds < heartbeat * 0.8;
}

/** The services whose tasks are worth looking at now: an update runs, something moved a moment ago, or the service is gone and its tasks are ending. */
export function movingServices(
  { services, tasksByService }: SwarmSnapshot,
  movedAt: ReadonlyMap<string, number>,
  since: number,
): Set<string> {
  const moving = new Set<string>();
  for (const [id, at] of movedAt) if (at > since) moving.add(id);
  for (const [id, service] of services) if (isAtWork(service)) moving.add(id);
  for (const id of tasksByService.keys()) if (!services.has(id)) moving.add(id);
  return moving;
}

/** The services that two snapshots show differently. What the very first reading finds has not moved. */
export function movedBetween(before: SwarmSnapshot, after: SwarmSnapshot): string[] {
  if (before.asOf === null) return [];
  const moved: string[] = [];
  if (before.tasksByService !== after.tasksByService) {
    for (const [id, tasks] of after.tasksByService) if (before.tasksByService.get(id) !== tasks) moved.push(id);
  }
  if (before.services !== after.services) {
    for (const [id, service] of after.services) if (before.services.get(id) !== service) moved.push(id);
  }
  return moved;
}

/** What events say has changed, and has not been read yet. */
export type Dirty = { secrets: Set<string>; services: Set<string>; hasNodes: boolean };

export function noneDirty(): Dirty {
  return { secrets: new Set(), services: new Set(), hasNodes: false };
}

export function isDirty({ secrets, services, hasNodes }: Dirty): boolean {
  return hasNodes || secrets.size > 0 || services.size > 0;
}

/** Beyond this many, asking for all is cheaper than asking by ID, and the address stays short. */
const mostByIds = 50;

export function byIds(ids: ReadonlySet<string>): { ids: string[] } | undefined {
  return ids.size > mostByIds ? undefined : { ids: [...ids] };
}

export function ofServices(ids: ReadonlySet<string>): { serviceIds: string[] } | undefined {
  return ids.size > mostByIds ? undefined : { serviceIds: [...ids] };
}
