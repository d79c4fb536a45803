import "server-only";
import { isSamePath } from "#lib/swarm/schema.ts";
import type { RecordChange } from "../store-port.ts";
import type { Books } from "./memory-books.ts";

export type GrantRow = {
  secretId: string;
  serviceId: string;
  serviceName: string;
  target: string;
  uid: string;
  gid: string;
  mode: number;
  objectId: string;
};

type Of<R extends RecordChange["record"]> = Extract<RecordChange, { record: R }>;

export function changeGrants(books: Books, { serviceId, serviceName, changes }: Of<"grants-changed">): void {
  for (const { change, target, uid, gid, mode, toObjectId, fromObjectId } of changes) {
    if (change === "removed") {
      books.grants = books.grants.filter(
        (grant) => !isAt(grant, { serviceId, target }) || grant.objectId !== fromObjectId,
      );
      continue;
    }
    const owner = [...books.versions.values()].find(({ objectId }) => objectId === toObjectId);
    if (!owner || toObjectId === null) continue;
    const { secretId } = owner;
    setGrant(books, { secretId, serviceId, serviceName, target, uid, gid, mode, objectId: toObjectId });
  }
}

/** One file of a service has one grant, however its target is spelled. */
function setGrant(books: Books, grant: Books["grants"][number]): void {
  books.grants = [...books.grants.filter((other) => !isAt(other, grant)), grant];
}

function isAt(grant: Place, { serviceId, target }: Place): boolean {
  return grant.serviceId === serviceId && isSamePath(grant.target, target);
}

type Place = { serviceId: string; target: string };

export function seeGrants(books: Books, { secretId, services }: Of<"grants-seen">): void {
  const own = new Set(
    [...books.versions.values()].flatMap((each) => (each.secretId === secretId ? each.objectId : [])),
  );
  for (const { serviceId, serviceName, references } of services) {
    books.grants = books.grants.filter((grant) => grant.serviceId !== serviceId || grant.secretId !== secretId);
    for (const { objectId, target, uid, gid, mode } of references) {
      if (own.has(objectId)) setGrant(books, { secretId, serviceId, serviceName, target, uid, gid, mode, objectId });
    }
  }
}
