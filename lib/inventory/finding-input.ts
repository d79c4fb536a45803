import "server-only";
import type { FindingInput } from "#lib/findings/input.ts";
import { versionName } from "./condition.ts";
import type { Joined } from "./joined.ts";

/** What the rules of findings look at, from what the pages know. */
export function findingInput(joined: Joined, now = joined.known.readAt): FindingInput {
  const { snapshot, known, proposals, drift, holders, kindOf } = joined;
  return {
    now,
    snapshot,
    proposals,
    drift,
    kindOf,
    operations: known.operations,
    records: known.records.filter(({ removedAt }) => removedAt === null),
    isNamed: (objectId) => holders.has(objectId),
    versionName: (objectId) => versionName(joined, objectId),
  };
}
