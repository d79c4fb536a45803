import "server-only";
import type { SecretRecord } from "#lib/grants/records.ts";
import type { Proposal } from "#lib/secrets/proposal.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import { conditionOf } from "./condition.ts";
import { currentObject, currentOf, holdersOfProposal, holdersOfRecord, type Joined } from "./joined.ts";
import type { SecretRow } from "./schema.ts";
import { isRotatable } from "./secret.ts";

/** The list of secrets: those that Skep manages and, grouped as they would be adopted, those that it does not. */
export function secretRows(joined: Joined): SecretRow[] {
  const managed = joined.known.records.filter(({ removedAt }) => removedAt === null);
  const rows = [
    ...managed.map((record) => managedRow(joined, record)),
    ...joined.proposals.map((proposal) => unmanagedRow(joined, proposal)),
  ];
  return rows.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function managedRow(joined: Joined, record: SecretRecord): SecretRow {
  const object = currentObject(joined, record);
  const version = currentOf(record);
  const ids = new Set(record.versions.map(({ objectId }) => objectId));
  return {
    id: record.id,
    key: record.id,
    name: record.name,
    currentVersion: version?.number ?? null,
    since: object?.createdAt ?? version?.createdAt ?? null,
    ...usedBy(holdersOfRecord(joined, record), (objectId) => ids.has(objectId)),
    owner: record.settings.owner,
    tags: record.settings.tags,
    labelKeys: Object.keys(object?.labels ?? {}),
    ...conditionOf(joined, record),
    openOperationId: joined.unfinished.get(record.id)?.id ?? null,
    isRotatable: !joined.unfinished.has(record.id) && isRotatable(joined, record),
  };
}

function unmanagedRow(joined: Joined, proposal: Proposal): SecretRow {
  const newest = proposal.versions[0];
  const ids = new Set(proposal.versions.map(({ objectId }) => objectId));
  const labels = proposal.versions.flatMap(({ objectId }) =>
    Object.keys(joined.snapshot.secrets.get(objectId)?.labels ?? {}),
  );
  return {
    id: null,
    key: newest?.objectId ?? proposal.name,
    name: proposal.name,
    currentVersion: null,
    since: newest?.createdAt ?? null,
    ...usedBy(holdersOfProposal(joined, proposal), (objectId) => ids.has(objectId)),
    owner: "",
    tags: [],
    labelKeys: [...new Set(labels)],
    condition: "unmanaged",
    conditionText: "Unmanaged",
    openOperationId: null,
    isRotatable: false,
  };
}

function usedBy(services: ServiceObject[], isOwn: (objectId: string) => boolean) {
  const targets = services.flatMap(({ references }) =>
    references.flatMap(({ objectId, target }) => (isOwn(objectId) ? [target] : [])),
  );
  const stacks = services.flatMap(({ stack }) => stack ?? []);
  return {
    services: services.map(({ name }) => name).sort(),
    targets: [...new Set(targets)],
    stacks: [...new Set(stacks)].sort(),
  };
}
