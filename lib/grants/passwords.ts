import "server-only";
import { database } from "#lib/db/client.ts";
import type { SecretRecord } from "./records.ts";

/** A version with the password of a rotator's login, of whatever secret. Null: the rotator has no logins. */
export type PasswordRecord = {
  rotatorId: string;
  login: string | null;
  secretId: string;
  secretName: string;
  objectId: string;
};

/**
 * All versions with a password of the rotators that these secrets are attached to, also those of secrets that were
 * detached since, or retired: who has one signs in with it all the same.
 */
export async function readPasswords(clusterId: string, records: readonly SecretRecord[]): Promise<PasswordRecord[]> {
  const rotatorIds = new Set(records.flatMap(({ attachment }) => attachment?.rotatorId ?? []));
  if (rotatorIds.size === 0) return [];
  const rows = await database().version.findMany({
    where: { clusterId, rotatorId: { in: [...rotatorIds] }, objectId: { not: null }, state: { not: "removed" } },
    select: { rotatorId: true, login: true, secretId: true, objectId: true, secret: { select: { name: true } } },
    orderBy: [{ secret: { name: "asc" } }, { number: "asc" }],
  });
  return rows.flatMap(({ rotatorId, objectId, secret, ...row }) =>
    rotatorId === null || objectId === null ? [] : [{ ...row, rotatorId, objectId, secretName: secret.name }],
  );
}
