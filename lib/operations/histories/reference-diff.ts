import "server-only";
import { isSamePath } from "#lib/swarm/schema.ts";
import type { Reference } from "../model/tasks.ts";

export type Change = { from: string | null; to: string | null; isOtherFile: boolean };

/** What is at each target, before and after. Nothing is in it for a target that kept what it had. */
export function changesBetween(before: readonly Reference[], after: readonly Reference[]): Map<string, Change> {
  const changes = new Map<string, Change>();
  for (const old of before) {
    const now = after.find((each) => isSamePath(each.File.Name, old.File.Name));
    const isOtherFile = now !== undefined && JSON.stringify(now.File) !== JSON.stringify(old.File);
    if (now?.SecretID === old.SecretID && !isOtherFile) continue;
    changes.set(old.File.Name, { from: old.SecretID, to: now?.SecretID ?? null, isOtherFile });
  }
  for (const now of after) {
    if (before.some((old) => isSamePath(old.File.Name, now.File.Name))) continue;
    changes.set(now.File.Name, { from: null, to: now.SecretID, isOtherFile: false });
  }
  return changes;
}

export function isEffective(changes: ReadonlyMap<string, Change>): boolean {
  return changes.size > 0;
}

/** One is the other, back. */
export function isInverse(one: ReadonlyMap<string, Change>, other: ReadonlyMap<string, Change>): boolean {
  return [...one].every(([target, { from, to }]) => {
    const back = other.get(target);
    return back !== undefined && back.from === to && back.to === from;
  });
}
