import "server-only";
import { database, type Prisma } from "#lib/db/client.ts";
import type { Generator } from "#lib/generate/schema.ts";
import { leakedVersionIds } from "#lib/operations/queries.ts";
import type { SecretSettings, VersionState } from "#lib/operations/schema.ts";
import { type RotatorKind, type RotatorSettings, rotatorSettings } from "#lib/rotators/schema.ts";
import { storedRotatorKind } from "#lib/settings/rotator-text.ts";
import type { BindingMode, Order } from "#lib/settings/schema.ts";
import type { Take } from "#lib/sources/schema.ts";

/** What Postgres knows of a secret: the record that the Swarm is compared with. */
export type SecretRecord = {
  id: string;
  name: string;
  settings: SecretSettings;
  isAdopted: boolean;
  /** ISO 8601. */
  createdAt: string;
  removedAt: string | null;
  versions: VersionRecord[];
  grants: GrantRecord[];
  /** The source that its values come from; null where people or generators make them. */
  binding: BindingRecord | null;
  /** The rotator that each new version is a password at; null where the other side is nobody's, or a person's. */
  attachment: AttachmentRecord | null;
};

export type BindingRecord = {
  /** Another one with each bind, and where the source's settings name another place. */
  id: string;
  sourceId: string;
  sourceName: string;
  path: string;
  take: Take;
  mode: BindingMode;
  /** The present version there, as it was last seen. */
  newestId: string | null;
  /** Since when it is; ISO 8601. */
  newestSince: string | null;
  isDeleted: boolean;
  /** Why this path gives nothing, and why the source as a whole does. */
  failure: BindingFailure | null;
  sourceFailure: BindingFailure | null;
};

/** In Skep's own words; `since` is ISO 8601. */
export type BindingFailure = { code: string; sentence: string; since: string };

export type AttachmentRecord = {
  rotatorId: string;
  rotatorName: string;
  kind: RotatorKind;
  /** Null where nobody understands what is stored. */
  settings: RotatorSettings | null;
  /** How its passwords are made. */
  generator: Generator;
  /** How the secret is written of the user's name and the password. */
  template: string;
  /** All secrets that have the same password, this one among them. */
  together: { id: string; name: string }[];
};

export type VersionRecord = {
  id: string;
  number: number;
  objectId: string | null;
  objectName: string;
  state: VersionState;
  /** Which version at its source it has the value of, as the secret is bound now: of another place an id says nothing. */
  sourceVersionId: string | null;
  /** When it was seen to have that value without having been made of it; ISO 8601. */
  agreedAt: string | null;
  /** Of which rotator and of which of its logins it has the password; the login is null where there are none, too. */
  rotatorId: string | null;
  login: string | null;
  createdAt: string;
  promotedAt: string | null;
  retireAfter: string | null;
  retireRequestedBy: string | null;
  /** Whoever asked for its removal said that no stack file names it any more. */
  isStackConfirmed: boolean;
  /** An emergency rotation said that its value is known to others. */
  isLeaked: boolean;
  /** The operation that made it, or moved services to it last. */
  operationId: string | null;
  removedAt: string | null;
};

export type GrantRecord = {
  serviceId: string;
  serviceName: string;
  target: string;
  uid: string;
  gid: string;
  mode: number;
  objectId: string;
};

const attached = { where: { secret: { removedAt: null } }, include: { secret: { select: { id: true, name: true } } } };
const withRotator = { include: { rotator: { include: { attachments: attached } } } };

/** Secrets of one Swarm, removed ones too: their numbers are never used again. */
export async function readRecords(clusterId: string, where?: Prisma.SecretWhereInput): Promise<SecretRecord[]> {
  const ofThese = where ? { clusterId, secret: where } : { clusterId };
  const [secrets, versions, grants, leaked] = await Promise.all([
    database().secret.findMany({
      where: { ...where, clusterId },
      orderBy: { name: "asc" },
      include: { binding: { include: { source: true } }, attachment: withRotator },
    }),
    database().version.findMany({ where: ofThese, orderBy: { number: "desc" } }),
    database().grant.findMany({ where: ofThese }),
    leakedVersionIds(clusterId),
  ]);
  const versionsBySecret = Map.groupBy(versions, ({ secretId }) => secretId);
  const grantsBySecret = Map.groupBy(grants, ({ secretId }) => secretId);
  return secrets.map((row) => ({
    id: row.id,
    name: row.name,
    isAdopted: row.isAdopted,
    settings: settingsOf(row),
    createdAt: row.createdAt.toISOString(),
    removedAt: row.removedAt?.toISOString() ?? null,
    versions: (versionsBySecret.get(row.id) ?? []).map((version) => versionOf(version, leaked, row.binding?.id)),
    grants: (grantsBySecret.get(row.id) ?? []).map(grantOf),
    binding: row.binding && bindingOf(row.binding),
    attachment: row.attachment && attachmentOf(row.attachment),
  }));
}

type BindingRow = Prisma.BindingGetPayload<{ include: { source: true } }>;
type AttachmentRow = Prisma.AttachmentGetPayload<typeof withRotator>;
type SecretRow = Prisma.SecretGetPayload<object>;
type VersionRow = Prisma.VersionGetPayload<object>;
type GrantRow = Prisma.GrantGetPayload<object>;

function bindingOf(row: BindingRow): BindingRecord {
  const { id, sourceId, source, path, take, mode, newestId, newestState, newestSince } = row;
  return {
    id,
    sourceId,
    sourceName: source.name,
    path,
    take: take as Take,
    mode: mode as BindingMode,
    newestId,
    newestSince: newestSince?.toISOString() ?? null,
    isDeleted: newestState === "deleted",
    failure: failureOf(row),
    sourceFailure: failureOf(source),
  };
}

function attachmentOf({ rotatorId, rotator, template }: AttachmentRow): AttachmentRecord {
  const { name, settings, generator, attachments } = rotator;
  return {
    rotatorId,
    rotatorName: name,
    kind: storedRotatorKind(settings) ?? "http",
    settings: rotatorSettings.safeParse(settings).data ?? null,
    generator: generator as Generator,
    template,
    together: attachments.map(({ secret }) => secret),
  };
}

type FailureRow = Pick<BindingRow, "failureCode" | "failure" | "failingSince">;

function failureOf({ failureCode: code, failure: sentence, failingSince }: FailureRow): BindingFailure | null {
  if (code === null || sentence === null || failingSince === null) return null;
  return { code, sentence, since: failingSince.toISOString() };
}

function grantOf({ serviceId, serviceName, target, uid, gid, mode, objectId }: GrantRow): GrantRecord {
  return { serviceId, serviceName, target, uid, gid, mode, objectId };
}

function settingsOf(row: SecretRow): SecretSettings {
  const { owner, description, tags, soakSeconds, keepSeconds, oldValueStaysValid } = row;
  return {
    owner,
    description,
    tags,
    soakSeconds,
    keepSeconds,
    oldValueStaysValid,
    generator: (row.generator as Generator | null) ?? null,
    order: row.order as Order,
  };
}

function versionOf(row: VersionRow, leaked: ReadonlySet<string>, bindingId: string | undefined): VersionRecord {
  const { id, number, objectId, objectName, rotatorId, login, retireRequestedBy, isStackConfirmed, operationId } = row;
  return {
    id,
    number,
    objectId,
    objectName,
    sourceVersionId: bindingId !== undefined && row.bindingId === bindingId ? row.sourceVersionId : null,
    rotatorId,
    login,
    retireRequestedBy,
    isStackConfirmed,
    isLeaked: leaked.has(id),
    operationId,
    state: row.state as VersionState,
    createdAt: row.createdAt.toISOString(),
    promotedAt: row.promotedAt?.toISOString() ?? null,
    agreedAt: row.agreedAt?.toISOString() ?? null,
    retireAfter: row.retireAfter?.toISOString() ?? null,
    removedAt: row.removedAt?.toISOString() ?? null,
  };
}
