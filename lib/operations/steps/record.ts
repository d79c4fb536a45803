import "server-only";
import type { SecretReference, ServiceObject } from "#lib/swarm/schema.ts";
import { isToGoOnFrom } from "../go-on-from.ts";
import { isHalfWay, type LedgerStep, type Operation } from "../ledger.ts";
import { event, type Pass, type StepOutcome, starterOf } from "../pass.ts";
import type { Plan, PlannedRecord } from "../schema.ts";
import type { OperationEvent, RecordChange } from "../store-port.ts";
import { abandoned } from "./abandon.ts";

/** Names and objects that are taken from the start: whoever wants one of them in the same moment is told so at once. */
export function reservations({ record: planned }: Plan): RecordChange[] {
  const reserved = planned.filter(isReserved);
  return reserved.map((each): RecordChange => ({ record: "planned", planned: each }));
}

function isReserved({ record: what }: PlannedRecord): boolean {
  return what === "create" || what === "adopt";
}

/** Tells Postgres what now holds: which version is current, what is to be retired when, what a person edited or took over. */
export async function record(pass: Pass, _step: LedgerStep): Promise<StepOutcome> {
  const { operation } = pass;
  const kept = keptAgain(operation);
  if (isPartial(operation)) return { outcome: "done", ...kept, records: [...goingOn(operation), ...kept.records] };
  const planned = operation.plan.record.filter((each) => !isReserved(each) && each.record !== "keep");
  const seen = await seenGrants(pass, operation.plan.record);
  const requestedBy = requesterOf(operation);
  return {
    outcome: "done",
    records: [
      ...planned.map((each): RecordChange => ({ record: "planned", planned: each })),
      ...seen,
      ...promotions(operation),
      ...operation.plan.retire.map(({ versionId, keepSeconds, isStackConfirmed = false }): RecordChange => {
        return { record: "version-retiring", versionId, keepSeconds, requestedBy, isStackConfirmed };
      }),
      ...kept.records,
    ],
    events: [...kept.events, ...(operation.kind === "retire" ? await retirementEvents(pass) : [])],
  };
}

/** Also where it ended half-way: one service may have it now, and what is in use again goes by nobody's former word. */
function keptAgain(operation: Operation): { records: RecordChange[]; events: OperationEvent[] } {
  const kept = operation.plan.record.filter((each) => each.record === "keep");
  return {
    records: kept.map(({ versionId }) => ({ record: "version-kept", versionId })),
    events: kept.map(({ secretId, secretName, number, objectName }) =>
      event(starterOf(operation), {
        type: "retirement.taken-back",
        objectName,
        secret: { id: secretId, name: secretName },
        version: number,
      }),
    ),
  };
}

/** Of a group some new versions may be the ones to go on from, and others of no service. */
function goingOn(operation: Operation): RecordChange[] {
  const given = operation.plan.create.filter((version) => !isToGoOnFrom(operation, version));
  const ids = new Set(given.map(({ versionId }) => versionId));
  const promoted = promotions(operation).filter(
    (each) => each.record !== "version-current" || !ids.has(each.versionId ?? ""),
  );
  return [...promoted, ...given.flatMap((version) => abandoned(operation, version))];
}

/** Stopped half-way, or left as it is: what was made may be what to go on from, and the old versions stay. */
function isPartial(operation: Operation): boolean {
  return operation.attention?.choice === "accept" || isHalfWay(operation);
}

function promotions({ kind, plan }: Operation): RecordChange[] {
  const made = plan.create.map(({ secretId, versionId }): RecordChange => {
    return { record: "version-current", secretId, versionId };
  });
  if (kind !== "roll-back") return made;
  return plan.secrets.map(({ secretId, toVersion }) => ({ record: "version-current", secretId, number: toVersion }));
}

/** Adopted and taken over as the Swarm has them at this moment, not as the plan saw them. */
async function seenGrants({ ports }: Pass, planned: PlannedRecord[]): Promise<RecordChange[]> {
  const reading = planned.filter((each) => each.record === "adopt" || each.record === "take-over");
  if (reading.length === 0) return [];
  const services = await ports.swarm.listServices();
  return reading.map((each): RecordChange => {
    const { secretId } = each;
    if (each.record === "adopt") {
      const objectIds = new Set(each.versions.map(({ objectId }) => objectId));
      const holders = services
        .map((service) => seenIn(service, objectIds))
        .filter(({ references }) => references.length);
      return { record: "grants-seen", secretId, services: holders };
    }
    const byId = new Map(services.map((service) => [service.id, service]));
    const taken = each.serviceIds.map((serviceId) => {
      const service = byId.get(serviceId);
      return service ? seenIn(service, null) : { serviceId, serviceName: "", references: [] };
    });
    return { record: "grants-seen", secretId, services: taken };
  });
}

/** Without a list of objects, the store picks those of the secret. */
function seenIn({ id, name, references }: ServiceObject, objectIds: ReadonlySet<string> | null) {
  const wanted = (reference: SecretReference) => objectIds?.has(reference.objectId) ?? true;
  return { serviceId: id, serviceName: name, references: references.filter(wanted) };
}

function requesterOf({ actor }: Operation): string {
  if (actor.type === "person") return actor.name;
  return actor.type === "schedule" ? actor.setBy : "Skep";
}

async function retirementEvents({ operation, ports }: Pass): Promise<OperationEvent[]> {
  if (operation.actor.type !== "person") return [];
  const { retire } = operation.plan;
  const objectIds = retire.map(({ objectId }) => objectId);
  const known = await ports.store.findVersions(operation.clusterId, objectIds);
  return retire.map(({ secretId, secretName, versionId, objectName }) =>
    event(starterOf(operation), {
      type: "retirement.requested",
      objectName,
      secret: { id: secretId, name: secretName },
      version: known.find((version) => version.versionId === versionId)?.number ?? 0,
    }),
  );
}
