import "server-only";
import type { Facts } from "#lib/grants/facts.ts";
import type { PlannedRotator } from "#lib/operations/planned-value.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import type { Member } from "./new-version.ts";

type Of = Pick<PlannedRotator, "rotatorId">;

/** Services that have the password of this login, by whichever secret, one that is attached no more too. */
export function hasUsers(facts: Facts, rotator: Of, login: string | null, members: readonly Member[]): boolean {
  return (
    usersInside(facts, rotator, login, members).length > 0 || usersOutside(facts, rotator, login, members).length > 0
  );
}

/** Those that have it by a version of what is rotated together. */
export function usersInside(
  { services }: Facts,
  { rotatorId }: Of,
  login: string | null,
  members: readonly Member[],
): ServiceObject[] {
  const versions = members.flatMap(({ record }) => record.versions);
  const theirs = versions.filter((version) => version.rotatorId === rotatorId && version.login === login);
  const ids = new Set(theirs.map(({ objectId }) => objectId));
  return services.filter(({ references }) => references.some(({ objectId }) => ids.has(objectId)));
}

export type OutsideUser = { serviceName: string; secretNames: string[] };

/** Those that have it by secrets that are not rotated with the members: nothing brings them the new one. */
export function usersOutside(
  { services, passwords }: Facts,
  { rotatorId }: Of,
  login: string | null,
  members: readonly Member[],
): OutsideUser[] {
  const own = new Set(members.map(({ record }) => record.id));
  const outside = passwords.filter(
    (version) => version.rotatorId === rotatorId && version.login === login && !own.has(version.secretId),
  );
  const nameOf = new Map(outside.map(({ objectId, secretName }) => [objectId, secretName]));
  return services.flatMap(({ name, references }) => {
    const secretNames = [...new Set(references.flatMap(({ objectId }) => nameOf.get(objectId) ?? []))];
    return secretNames.length === 0 ? [] : [{ serviceName: name, secretNames }];
  });
}
