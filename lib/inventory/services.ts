import "server-only";
import { looksLikeSecret } from "#lib/findings/rules/environment.ts";
import { isBusy } from "#lib/operations/effect.ts";
import { allowed } from "#lib/policy/rules.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { hasHealthCheck, isJob, tasksOf } from "#lib/swarm/kind.ts";
import type { ServiceObject, TaskObject, UpdateState } from "#lib/swarm/schema.ts";
import { standingOf } from "#lib/swarm/standing.ts";
import { grantViews } from "./grant-views.ts";
import type { History } from "./history.ts";
import type { Joined } from "./joined.ts";
import type { ServiceRow, ServiceView } from "./schema.ts";
import { hasOlderVersion, isChangeable } from "./secret.ts";
import { healthCheckText, judgementOf, updatePolicyText } from "./service-texts.ts";

export function serviceRows(joined: Joined): ServiceRow[] {
  const drifted = new Set([...joined.drift.values()].flatMap((found) => found.map(({ service }) => service.id)));
  const rows = [...joined.snapshot.services.values()].map((service) => serviceRow(joined, service, drifted));
  return rows.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

export function serviceView(joined: Joined, actor: Actor, service: ServiceObject, history: History): ServiceView {
  const drifted = [...joined.drift.values()].some((found) => found.some((each) => each.service.id === service.id));
  const kind = joined.kindOf(service);
  return {
    ...serviceRow(joined, service, drifted ? new Set([service.id]) : new Set()),
    image: service.image,
    isImagePinned: service.isImagePinned,
    user: service.user,
    replicas: service.mode.type === "replicated" ? service.mode.replicas : null,
    healthCheckText: healthCheckText(service),
    updatePolicyText: updatePolicyText(service),
    judgement: judgementOf(service, kind),
    updateMessage:
      isBusy(service) || service.update?.state.startsWith("rollback") ? service.update?.message || null : null,
    holds: holdsOf(joined, actor, service),
    environmentFindings: service.environmentNames.filter(looksLikeSecret),
    tasks: taskViews(joined, service),
    operations: history.operations,
    events: history.events,
    can: isChangeable(joined)
      ? allowed(actor, {
          "secret.grant": { secretId: "", isAcrossStacks: false },
          "secret.revoke": { secretId: "" },
          "secret.rotate": { secretIds: [""] },
          "secret.roll-back": { secretId: "", isLeaked: false },
          "secret.adopt": { objectIds: [] },
          "secret.put-back": { secretId: "" },
          "secret.take-over": { secretId: "" },
        })
      : [],
  };
}

function serviceRow(joined: Joined, service: ServiceObject, drifted: ReadonlySet<string>): ServiceRow {
  const kind = joined.kindOf(service);
  return {
    id: service.id,
    name: service.name,
    stack: service.stack,
    kind,
    standing: standingOf(service, kind, joined.snapshot.stalled),
    isJob: isJob(service),
    secrets: [
      ...new Set(service.references.map((reference) => nameOf(joined, reference.objectId, reference.objectName))),
    ],
    targets: service.references.map(({ target }) => target),
    labelKeys: service.labelKeys,
    running: service.tasks.running,
    wanted: tasksOf(service),
    update: service.update?.state ?? null,
    hasHealthCheck: hasHealthCheck(service),
    failureAction: service.updatePolicy.failureAction,
    notes: notesOf(service, drifted, joined.snapshot.stalled),
  };
}

const updateNotes: Partial<Record<UpdateState, string[]>> = {
  updating: ["updating"],
  paused: ["paused"],
  rollback_started: ["rolling back"],
  rollback_paused: ["rollback paused"],
  rollback_completed: ["rolled back"],
};

function notesOf(service: ServiceObject, drifted: ReadonlySet<string>, stalled: ReadonlySet<string>): string[] {
  return [
    ...(service.update ? (updateNotes[service.update.state] ?? []) : []),
    ...(stalled.has(service.id) ? ["no further for some minutes"] : []),
    ...(drifted.has(service.id) ? ["drifted"] : []),
    ...(service.environmentNames.some(looksLikeSecret) ? ["secret in environment"] : []),
  ];
}

/** The secret's name where an object is a version of one, managed or proposed. */
function nameOf({ owners, proposalOf }: Joined, objectId: string, objectName: string): string {
  return owners.get(objectId)?.record.name ?? proposalOf.get(objectId)?.name ?? objectName;
}

function holdsOf(joined: Joined, actor: Actor, service: ServiceObject): ServiceView["holds"] {
  const seen = new Set<string>();
  return service.references.flatMap(({ objectId, objectName }) => {
    const record = joined.owners.get(objectId)?.record;
    const proposal = joined.proposalOf.get(objectId);
    const key = record?.id ?? proposal?.versions[0]?.objectId ?? objectId;
    if (seen.has(key)) return [];
    seen.add(key);
    const versions = record?.versions ?? proposal?.versions ?? [{ objectId, number: 0 }];
    const numbers = new Map(
      versions.flatMap((version) => (version.objectId ? [[version.objectId, version.number]] : [])),
    );
    const drift = record ? (joined.drift.get(record.id) ?? []).filter((each) => each.service.id === service.id) : [];
    const secret = {
      secretKey: key,
      secretName: record?.name ?? proposal?.name ?? objectName,
      secretId: record?.id ?? null,
      hasOlderVersion: record !== undefined && hasOlderVersion(joined, actor, record),
    };
    return grantViews(joined, [service], numbers, drift).map((grant) => ({ ...grant, ...secret }));
  });
}

/** Running ones first, then the newest of those that ended: more than fifty tell nothing new. */
function taskViews({ snapshot }: Joined, { id }: ServiceObject): ServiceView["tasks"] {
  const rank = ({ desiredState }: TaskObject) => (desiredState === "running" ? 0 : 1);
  const tasks = [...(snapshot.tasksByService.get(id) ?? [])];
  tasks.sort((a, b) => rank(a) - rank(b) || (a.slot ?? 0) - (b.slot ?? 0) || (a.createdAt < b.createdAt ? 1 : -1));
  return tasks.slice(0, 50).map((task) => ({
    id: task.id,
    slot: task.slot,
    state: task.state,
    since: task.stateAt,
    error: task.error,
    node: snapshot.nodes.get(task.nodeId ?? "")?.hostname ?? "",
  }));
}
