import "server-only";
import type { KnownOperation } from "#lib/findings/input.ts";
import type { Drift } from "#lib/grants/drift.ts";
import type { SecretRecord } from "#lib/grants/records.ts";
import { retiringCurrent } from "#lib/grants/taken-back.ts";
import type { OperationKind } from "#lib/policy/schema.ts";
import type { SecretCondition } from "#lib/secrets/schema.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { runningText, standingOf } from "#lib/swarm/standing.ts";
import { currentObject, holdersOfRecord, type Joined } from "./joined.ts";

export type Condition = { condition: SecretCondition; conditionText: string };

/** The most pressing thing about a secret, in a few words. */
export function conditionOf(joined: Joined, record: SecretRecord): Condition {
  const operation = joined.unfinished.get(record.id);
  if (operation) return conditionOfOperation(operation);
  if (record.removedAt) return { condition: "retiring", conditionText: "Retired" };
  if (joined.snapshot.asOf === null) return { condition: "unknown", conditionText: "Not seen yet" };
  if (!currentObject(joined, record)) return { condition: "missing", conditionText: "Missing in the Swarm" };
  const drift = joined.drift.get(record.id);
  if (drift) return { condition: "drifted", conditionText: driftSummary(joined, drift) };
  const holders = holdersOfRecord(joined, record);
  if (holders.length === 0 && retiringCurrent(record))
    return { condition: "retiring", conditionText: "Waits for its removal" };
  if (holders.length === 0) return { condition: "unused", conditionText: "Unused" };
  return conditionOfHolders(joined, holders) ?? { condition: "healthy", conditionText: "Healthy" };
}

/** One place of drift in a sentence's half, for beside the grant. */
export function driftText(joined: Joined, { kind, actual, recorded, target }: Drift): string {
  switch (kind) {
    case "other-version":
      return `names ${versionName(joined, actual?.objectId)} instead of ${versionName(joined, recorded?.objectId)}`;
    case "changed":
      return "has another owner or mode than recorded";
    case "not-recorded":
      return "was granted outside Skep";
    case "gone":
      return `no longer has ${target}`;
  }
}

export function versionName({ owners, snapshot }: Joined, objectId: string | undefined): string {
  const owner = objectId ? owners.get(objectId) : undefined;
  if (owner) return `v${owner.version.number}`;
  return snapshot.secrets.get(objectId ?? "")?.name ?? "a removed version";
}

function driftSummary(joined: Joined, drift: readonly Drift[]): string {
  const services = new Set(drift.map(({ service }) => service.name));
  const [first] = drift;
  if (!first || services.size > 1) return `Drifted in ${services.size} services`;
  const { name } = first.service;
  switch (first.kind) {
    case "other-version":
      return `Drifted: ${versionName(joined, first.actual?.objectId)} in ${name}`;
    case "changed":
      return `Drifted: mode in ${name}`;
    case "not-recorded":
      return `Drifted: new in ${name}`;
    case "gone":
      return `Drifted: gone from ${name}`;
  }
}

/** A secret is no healthier than the services that live by it. */
function conditionOfHolders(joined: Joined, holders: readonly ServiceObject[]): Condition | null {
  const standing = (service: ServiceObject) => standingOf(service, joined.kindOf(service), joined.snapshot.stalled);
  const unwell = holders.filter((service) => standing(service) !== "well");
  const [first] = unwell;
  if (!first) return null;
  const condition = unwell.some(({ tasks }) => tasks.running === 0) ? "service-down" : "service-unwell";
  if (unwell.length > 1) return { condition, conditionText: `${unwell.length} services are unwell` };
  const isShort = standing(first) === "short";
  return { condition, conditionText: `${isShort ? runningText(first) : "Update paused"} in ${first.name}` };
}

const doing: Record<OperationKind, string> = {
  create: "Creating",
  adopt: "Adopting",
  edit: "Editing",
  grant: "Granting",
  revoke: "Revoking",
  rotate: "Rotating",
  "roll-back": "Rolling back",
  "move-rest": "Moving the rest",
  "put-back": "Putting back",
  "take-over": "Taking over",
  retire: "Retiring",
  keep: "Keeping",
  "rotate-emergency": "Rotating",
};

/** Of several secrets that move together, the count is of all their services. */
function conditionOfOperation({ kind, state, servicesDone, servicesWanted, secretIds }: KnownOperation): Condition {
  if (state === "needs-attention") return { condition: "needs-attention", conditionText: "Needs a decision" };
  const together = secretIds.length > 1 ? " together" : "";
  const progress = servicesWanted > 0 ? `${together} ${servicesDone}/${servicesWanted}` : together;
  return { condition: kind === "retire" ? "retiring" : "rotating", conditionText: `${doing[kind]}${progress}` };
}
