import "server-only";
import type { KnownVersion } from "../store-port.ts";
import type { Books } from "./memory-books.ts";

export function versionsOfLoginIn(
  books: Books,
  clusterId: string,
  rotatorId: string,
  login: string | null,
): KnownVersion[] {
  return versionsIn(books, clusterId).filter(({ versionId, state }) => {
    const row = books.versions.get(versionId);
    return state !== "removed" && row?.rotatorId === rotatorId && (row.login ?? null) === login;
  });
}

export function versionsIn({ versions, secrets }: Books, clusterId: string): KnownVersion[] {
  return [...versions.values()]
    .filter((version) => version.clusterId === clusterId)
    .map((version) => ({
      versionId: version.id,
      secretId: version.secretId,
      number: version.number,
      secretName: secrets.get(version.secretId)?.name ?? "",
      objectId: version.objectId,
      objectName: version.objectName,
      sourceVersionId: version.sourceVersionId ?? null,
      state: version.state,
      retireAfter: version.retireAfter === null ? null : new Date(version.retireAfter).toISOString(),
      retireRequestedBy: version.retireRequestedBy,
      isStackConfirmed: version.isStackConfirmed,
    }));
}

export function retiringIn(books: Books, clusterId: string, now: number): KnownVersion[] {
  return versionsIn(books, clusterId).filter(
    ({ state, objectId, retireAfter }) =>
      state !== "removed" && state !== "pending" && objectId && retireAfter !== null && Date.parse(retireAfter) <= now,
  );
}
