import "server-only";
import { stacksThatHeld } from "#lib/operations/queries.ts";
import type { SecretReference } from "#lib/swarm/schema.ts";
import type { Facts } from "./facts.ts";
import type { SecretRecord } from "./records.ts";
import { stackLabel } from "./stack.ts";

/** A stack's name, or null for the services that are in none. */
export type Home = string | null;

/** By Skep's own ledgers: a revocation is in them, and no later update of the service makes them forget. */
export function formerHomes({ id, versions }: SecretRecord): Promise<Home[]> {
  return stacksThatHeld(
    id,
    versions.flatMap(({ objectId }) => objectId ?? []),
  );
}

/** Stacks that have the secret, ever had it from Skep's hand, or made it: to revoke it first opens no way around. */
export function homesOf({ services, objects }: Facts, record: SecretRecord, former: readonly Home[]): Home[] {
  const own = new Set(record.versions.map(({ objectId }) => objectId));
  const recorded = new Set(record.grants.map(({ serviceId }) => serviceId));
  const names = ({ objectId }: SecretReference) => own.has(objectId);
  const holders = services.filter(
    ({ id, references, previousReferences }) =>
      recorded.has(id) || references.some(names) || previousReferences?.some(names),
  );
  const made = objects.filter(({ id }) => own.has(id)).flatMap(({ labels }) => labels[stackLabel] ?? []);
  return [...holders.map(({ stack }) => stack), ...made, ...former];
}
