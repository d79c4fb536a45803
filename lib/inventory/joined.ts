import "server-only";
import type { KnownOperation } from "#lib/findings/input.ts";
import { type Drift, driftOf } from "#lib/grants/drift.ts";
import type { SecretRecord, VersionRecord } from "#lib/grants/records.ts";
import { type Proposal, proposalsFor } from "#lib/secrets/proposal.ts";
import { kindOf } from "#lib/swarm/kind.ts";
import type { SecretObject, ServiceKind, ServiceObject, SwarmSnapshot } from "#lib/swarm/schema.ts";

/** What Postgres knows, read in one go. */
export type Known = {
  /** Changes when anything else here may have changed. */
  counter: string;
  /** Changes when anything may have that is not the progress of the operations that are unfinished. */
  base: string;
  readAt: Date;
  swarmName: string | null;
  readOnlyReason: string | null;
  isAutomationPaused: boolean;
  /** Removed secrets too: their pages stay, with their history. */
  records: SecretRecord[];
  /** Open ones, ones that need a decision, and the last ones that failed. */
  operations: KnownOperation[];
};

/** The live index and Postgres side by side, each thing found by its ID in one step. */
export type Joined = {
  snapshot: SwarmSnapshot;
  known: Known;
  recordsById: ReadonlyMap<string, SecretRecord>;
  /** Whose version an object is. */
  owners: ReadonlyMap<string, { record: SecretRecord; version: VersionRecord }>;
  /** Services whose spec names the object. */
  holders: ReadonlyMap<string, readonly ServiceObject[]>;
  /** Services whose previous spec names it. */
  formerHolders: ReadonlyMap<string, readonly ServiceObject[]>;
  drift: ReadonlyMap<string, readonly Drift[]>;
  proposals: readonly Proposal[];
  /** The proposal that an unmanaged object is part of. */
  proposalOf: ReadonlyMap<string, Proposal>;
  /** The unfinished operation that holds a secret. */
  unfinished: ReadonlyMap<string, KnownOperation>;
  kindOf(service: ServiceObject): ServiceKind;
};

/** Joins by walking each list once: nothing here grows faster than what the Swarm holds. */
export function join(snapshot: SwarmSnapshot, known: Known): Joined {
  const live = known.records.filter(({ removedAt }) => removedAt === null);
  const owners = ownersOf(known.records);
  const holders = holdersBy(snapshot, ({ references }) => references);
  const unmanaged = [...snapshot.secrets.values()].filter(({ id }) => !owners.has(id));
  const proposals = proposalsFor(
    unmanaged,
    live.map(({ name }) => name),
  );
  const unfinished = unfinishedBy(known.operations);
  return {
    snapshot,
    known,
    owners,
    holders,
    proposals,
    unfinished,
    recordsById: new Map(known.records.map((record) => [record.id, record])),
    formerHolders: holdersBy(snapshot, ({ previousReferences }) => previousReferences ?? []),
    drift: driftBy(snapshot, live, holders, unfinished),
    kindOf: kindIn(snapshot),
    proposalOf: new Map(proposals.flatMap((each) => each.versions.map(({ objectId }) => [objectId, each] as const))),
  };
}

/** The same, from what was joined before: tasks come and go all the time, and change nothing of who holds what. */
export function joinAgain(before: Joined | null, snapshot: SwarmSnapshot, known: Known): Joined {
  const isSame =
    before?.known === known &&
    before.snapshot.secrets === snapshot.secrets &&
    before.snapshot.services === snapshot.services;
  return isSame ? { ...before, snapshot, kindOf: kindIn(snapshot) } : join(snapshot, known);
}

/** Each service once, whichever version of the secret it names. */
export function holdersOfRecord(joined: Pick<Joined, "holders">, record: SecretRecord): ServiceObject[] {
  return distinct(record.versions.flatMap(({ objectId }) => (objectId ? (joined.holders.get(objectId) ?? []) : [])));
}

export function holdersOfProposal(joined: Joined, proposal: Proposal): ServiceObject[] {
  return distinct(proposal.versions.flatMap(({ objectId }) => joined.holders.get(objectId) ?? []));
}

export function currentOf(record: SecretRecord): VersionRecord | undefined {
  return record.versions.find(({ state }) => state === "current");
}

export function currentObject(joined: Joined, record: SecretRecord): SecretObject | undefined {
  const objectId = currentOf(record)?.objectId;
  return objectId ? joined.snapshot.secrets.get(objectId) : undefined;
}

function kindIn({ tasksByService }: SwarmSnapshot): Joined["kindOf"] {
  return (service) => kindOf(service, tasksByService.get(service.id) ?? []);
}

function ownersOf(records: SecretRecord[]): Map<string, { record: SecretRecord; version: VersionRecord }> {
  const owners = new Map<string, { record: SecretRecord; version: VersionRecord }>();
  for (const record of records) {
    for (const version of record.versions) if (version.objectId) owners.set(version.objectId, { record, version });
  }
  return owners;
}

function holdersBy(
  { services }: SwarmSnapshot,
  references: (service: ServiceObject) => readonly { objectId: string }[],
): Map<string, ServiceObject[]> {
  const holders = new Map<string, ServiceObject[]>();
  for (const service of services.values()) {
    for (const { objectId } of references(service)) {
      const known = holders.get(objectId);
      if (!known) holders.set(objectId, [service]);
      else if (known.at(-1) !== service) known.push(service);
    }
  }
  return holders;
}

/** While an operation moves a secret, what differs from the record is the operation's doing, and no drift. */
function driftBy(
  snapshot: SwarmSnapshot,
  records: SecretRecord[],
  holders: Joined["holders"],
  unfinished: Joined["unfinished"],
): Map<string, Drift[]> {
  const drift = new Map<string, Drift[]>();
  for (const record of records) {
    if (unfinished.has(record.id) || snapshot.asOf === null) continue;
    const found = driftOf(record, (id) => snapshot.services.get(id), holdersOfRecord({ holders }, record));
    if (found.length > 0) drift.set(record.id, found);
  }
  return drift;
}

function unfinishedBy(operations: KnownOperation[]): Map<string, KnownOperation> {
  const unfinished = operations.filter(({ state }) => state !== "ended");
  return new Map(unfinished.flatMap((operation) => operation.secretIds.map((id) => [id, operation] as const)));
}

function distinct(services: readonly ServiceObject[]): ServiceObject[] {
  return services.length < 2 ? [...services] : [...new Set(services)];
}
