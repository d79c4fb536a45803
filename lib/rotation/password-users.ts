import "server-only";
import type { Facts } from "#lib/grants/facts.ts";
import type { PlannedRotator } from "#lib/operations/planned-value.ts";
import type { ServiceObject } from "#lib/swarm/schema.ts";
import type { Member } from "./new-version.ts";

/** Services that have the password of this login, by whichever secret, one that is attached no more too. */
export function usersOfLogin(
  { services, passwords }: Facts,
  { rotatorId }: Pick<PlannedRotator, "rotatorId">,
  login: string | null,
  members: readonly Member[],
): ServiceObject[] {
  const versions = [...members.flatMap(({ record }) => record.versions), ...passwords];
  const ids = new Set(
    versions.flatMap((version) => (version.rotatorId === rotatorId && version.login === login ? version.objectId : [])),
  );
  return services.filter(({ references }) => references.some(({ objectId }) => ids.has(objectId)));
}

/** Those that have it by secrets that are not rotated with the members: nothing brings them the new one. */
export function usersOutside(
  { services, passwords }: Facts,
  { rotatorId }: Pick<PlannedRotator, "rotatorId">,
  login: string | null,
  members: readonly Member[],
): { serviceName: string; secretNames: string[] }[] {
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
