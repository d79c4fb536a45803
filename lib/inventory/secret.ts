import "server-only";
import { find } from "#lib/findings/find.ts";
import { findingsFor } from "#lib/findings/for-reader.ts";
import type { Finding } from "#lib/findings/schema.ts";
import { deadPassword } from "#lib/grants/dead-password.ts";
import type { SecretRecord } from "#lib/grants/records.ts";
import { composeLines } from "#lib/grants/stack.ts";
import { retiringCurrent } from "#lib/grants/taken-back.ts";
import { allowed, isAllowed } from "#lib/policy/rules.ts";
import type { Action, Actor } from "#lib/policy/schema.ts";
import { whyNotBack } from "#lib/rotation/rotators.ts";
import type { Proposal } from "#lib/secrets/proposal.ts";
import { attachmentView } from "./attachment.ts";
import { conditionOf } from "./condition.ts";
import { findingInput } from "./finding-input.ts";
import { grantViews } from "./grant-views.ts";
import type { History } from "./history.ts";
import { currentObject, currentOf, holdersOfProposal, holdersOfRecord, type Joined } from "./joined.ts";
import type { MemberView, SecretView } from "./schema.ts";
import { proposedVersionViews, versionViews } from "./version-views.ts";

/** Of an operation on several secrets, each has its findings; so it is with a service that holds several. */
function findingsAbout(joined: Joined, reader: Actor, record: SecretRecord): Finding[] {
  const { id } = record;
  const own = new Set(joined.known.operations.flatMap((each) => (each.secretIds.includes(id) ? each.id : [])));
  const input = findingInput(joined);
  const services = new Map(holdersOfRecord(joined, record).map((service) => [service.id, service]));
  const found = find({ ...input, snapshot: { ...input.snapshot, services } });
  const ofHolders: Finding["rule"][] = ["service-short", "service-paused"];
  return findingsFor(
    reader,
    found.filter(
      ({ rule, secretId, operationId }) =>
        secretId === id || ofHolders.includes(rule) || (operationId !== null && own.has(operationId)),
    ),
  );
}

export function managedSecret(joined: Joined, actor: Actor, record: SecretRecord, history: History): SecretView {
  const current = currentOf(record);
  const drift = joined.drift.get(record.id) ?? [];
  const versions = versionViews(joined, actor, record, history);
  const can = choices(joined, actor, record);
  const grants = grantViews(joined, holdersOfRecord(joined, record), numbersOf(record), drift);
  return {
    id: record.id,
    key: record.id,
    name: record.name,
    settings: record.settings,
    ...conditionOf(joined, record),
    currentVersion: current?.number ?? null,
    currentObjectName: current?.objectName ?? null,
    createdAt: record.createdAt,
    versions: can.length > 0 ? versions : versions.map((version) => ({ ...version, can: [] })),
    grants,
    ...shownOf(history),
    findings: findingsAbout(joined, actor, record),
    proposal: null,
    binding: null,
    attachment: attachmentView(joined, actor, record),
    compose: composeLines(record.name, current?.objectName ?? record.name, grants[0]?.target ?? record.name),
    can,
  };
}

export function unmanagedSecret(joined: Joined, actor: Actor, proposal: Proposal, history: History): SecretView {
  const newest = proposal.versions[0];
  const numbers = new Map(proposal.versions.map(({ objectId, number }) => [objectId, number]));
  const objectIds = proposal.versions.map(({ objectId }) => objectId);
  const grants = grantViews(joined, holdersOfProposal(joined, proposal), numbers);
  return {
    id: null,
    key: newest?.objectId ?? "",
    name: proposal.name,
    settings: null,
    condition: "unmanaged",
    conditionText: "Unmanaged",
    currentVersion: null,
    currentObjectName: newest?.objectName ?? null,
    createdAt: proposal.versions.at(-1)?.createdAt ?? null,
    versions: proposedVersionViews(joined, proposal),
    grants,
    ...shownOf(history),
    findings: [],
    proposal,
    binding: null,
    attachment: null,
    compose: composeLines(proposal.name, newest?.objectName ?? proposal.name, grants[0]?.target ?? proposal.name),
    can: isChangeable(joined) ? allowed(actor, { "secret.adopt": { objectIds } }) : [],
  };
}

/** Nothing can be done to a Swarm that does not answer, or that an administrator has to recognise first. */
export function isChangeable({ snapshot, known }: Joined): boolean {
  return snapshot.connection.state === "connected" && known.readOnlyReason === null;
}

/** What a plugin delivers is no value that Skep could replace. */
export function isRotatable(joined: Joined, record: SecretRecord): boolean {
  return !currentObject(joined, record)?.driver;
}

/** For each of these that Skep manages and that was not retired. */
export function memberViews(joined: Joined, secretIds: readonly string[]): Map<string, MemberView> {
  const records = secretIds.flatMap((id) => joined.recordsById.get(id) ?? []);
  return new Map(
    records
      .filter(({ removedAt }) => removedAt === null)
      .map((record) => {
        const { name, settings, binding, attachment } = record;
        const grants = grantViews(joined, holdersOfRecord(joined, record), numbersOf(record));
        const currentVersion = currentOf(record)?.number ?? null;
        const origin = { sourceName: binding?.sourceName ?? null, rotatorName: attachment?.rotatorName ?? null };
        return [record.id, { name, settings, currentVersion, grants, ...origin }];
      }),
  );
}

function numbersOf({ versions }: SecretRecord): Map<string, number> {
  return new Map(versions.flatMap(({ objectId, number }) => (objectId ? [[objectId, number]] : [])));
}

function choices(joined: Joined, actor: Actor, record: SecretRecord): Action[] {
  if (!isChangeable(joined) || record.removedAt || joined.unfinished.has(record.id)) return [];
  const secretId = record.id;
  const may = allowed(actor, {
    "secret.edit": { secretId },
    "secret.grant": { secretId, isAcrossStacks: false },
    "secret.revoke": { secretId },
    "secret.rotate": { secretIds: [secretId] },
    "secret.roll-back": { secretId, isLeaked: false },
    "secret.move-rest": { secretId },
    "secret.put-back": { secretId },
    "secret.take-over": { secretId },
    "secret.retire": { secretId },
    "secret.keep": { secretId },
    "secret.rotate-emergency": { secretId },
    "secret.compare": { secretId },
    "secret.bind": { secretId },
    "secret.attach": { secretId },
  });
  return may.filter((action) => isSensible(joined, actor, { record, action }));
}

/** Whether there is a version that the reader may roll back to. */
export function hasOlderVersion({ snapshot }: Joined, actor: Actor, record: SecretRecord): boolean {
  const { id: secretId, versions } = record;
  return versions.some(
    ({ id, state, objectId, isLeaked }) =>
      state !== "current" &&
      whyNotBack(record, id) === null &&
      objectId !== null &&
      snapshot.secrets.has(objectId) &&
      isAllowed(actor, "secret.roll-back", { secretId, isLeaked }),
  );
}

/** A service has an older version, and the current one is fit for it. */
function isHalfWay(joined: Joined, record: SecretRecord): boolean {
  const current = currentOf(record);
  if (!current || current.isLeaked || deadPassword(record, current.id) !== null) return false;
  const older = new Set(record.versions.flatMap(({ objectId }) => (objectId === current.objectId ? [] : objectId)));
  const holders = holdersOfRecord(joined, record);
  return (
    currentObject(joined, record) !== undefined &&
    holders.some(({ references }) => references.some(({ objectId }) => older.has(objectId)))
  );
}

type Offer = { record: SecretRecord; action: Action };

/** What would be refused at once is not offered. */
function isSensible(joined: Joined, actor: Actor, { record, action }: Offer): boolean {
  const object = currentObject(joined, record);
  switch (action) {
    case "secret.put-back":
    case "secret.take-over":
      return joined.drift.has(record.id);
    case "secret.move-rest":
      return isHalfWay(joined, record);
    case "secret.roll-back":
      return hasOlderVersion(joined, actor, record);
    case "secret.rotate":
    case "secret.rotate-emergency":
      return isRotatable(joined, record);
    case "secret.grant":
    case "secret.compare":
      return object !== undefined && (action === "secret.grant" || !object.driver);
    case "secret.bind":
    case "secret.attach":
      return record.binding === null && record.attachment === null && isRotatable(joined, record);
    case "secret.keep":
      return retiringCurrent(record) !== undefined;
    case "secret.revoke":
      return holdersOfRecord(joined, record).length > 0;
    default:
      return true;
  }
}

function shownOf({ operations, events, eventCount }: History) {
  return { operations, events, eventCount };
}
