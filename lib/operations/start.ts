import "server-only";
import { eventActor } from "#lib/audit/actor.ts";
import { AppError } from "#lib/errors.ts";
import type { Permit } from "#lib/policy/permit.ts";
import type { OperationKind } from "#lib/policy/schema.ts";
import type { SecretValue } from "#lib/value.ts";
import { type ShownValue, type Started, workInRequest } from "./in-request.ts";
import { rotatorsOf } from "./ledger.ts";
import { ledgerOf } from "./new-ledger.ts";
import { ownPorts } from "./own-ports.ts";
import { event } from "./pass.ts";
import { isOfRequest, type PlannedRotator, type SourcedValue } from "./planned-value.ts";
import type { Ports } from "./ports.ts";
import { requestValues } from "./request-values.ts";
import type { Plan } from "./schema.ts";
import type { ConfirmedPlan } from "./seen.ts";
import { settingChanges } from "./setting-changes.ts";
import { reservations } from "./steps/record.ts";
import type { OperationEvent, RecordChange } from "./store-port.ts";

export type StartOptions = {
  /** What was typed, by the ID of the version that it is for. Forgotten when this returns, whatever happened. */
  values?: ReadonlyMap<string, SecretValue>;
  ports?: Ports;
  /** Where it was chosen beforehand, so that whoever comes after a crash finds it. */
  id?: string;
  /** What else holds from the same commit on. */
  records?: readonly RecordChange[];
  /** How a request waits; tests let time pass instead. */
  pause?: (seconds: number) => Promise<void>;
};

export type { ShownValue, Started };

/**
 * Records what is to be done, with its audit intent, in one transaction, and wakes the workers. Where a value is this
 * request's alone, its object is made before this returns; what needs nothing of the Swarm's services ends here.
 */
export async function startOperation(
  permit: Permit<`secret.${OperationKind}`>,
  confirmed: ConfirmedPlan,
  options: StartOptions = {},
): Promise<Started> {
  const { seen = {}, ...plan } = confirmed;
  const { values = new Map(), ports = ownPorts(), pause = sleep, records = [] } = options;
  const held = requestValues(values, ports.random);
  try {
    await refuse(permit, plan, ports);
    const id = options.id ?? ports.random.id();
    const isOurs = needsRequest(plan);
    const leased = await ports.store.insert(
      {
        id,
        plan,
        seen,
        actor: permit.actor,
        steps: ledgerOf(plan),
        events: [intended(permit, plan)],
        isValueInRequest: plan.create.some(({ value }) => isOfRequest(value)),
        records: [...reservations(plan), ...records],
      },
      isOurs ? { leaseFor: `request ${id}` } : {},
    );
    if (!isOurs) return { id, state: "open", outcome: null, shown: [] };
    return await workInRequest(leased, held, { ports, pause });
  } finally {
    held.forget();
  }
}

/** R18, and what the plan itself forbids. The Swarm is asked, not remembered. */
async function refuse(permit: Permit<`secret.${OperationKind}`>, plan: Plan, { swarm, store }: Ports): Promise<void> {
  if (permit.action !== `secret.${plan.kind}`) {
    throw new AppError("forbidden", "This permission is for something else. Look at the plan again.");
  }
  const blocking = plan.warnings.find(({ blocks }) => blocks);
  if (blocking) throw new AppError("busy", blocking.sentence);
  const reason = await store.findReadOnlyReason(plan.clusterId);
  if (reason !== null) throw new AppError("read-only", `${reason} Until an administrator decides, nothing is changed.`);
  const { id } = await swarm.readCluster();
  if (id !== plan.clusterId) {
    throw new AppError(
      "swarm-other",
      "Another Swarm than the one of this plan answers. Go back, and look at the plan again.",
    );
  }
}

function needsRequest({ create, changes, retire }: Plan): boolean {
  if (create.some(({ value }) => isOfRequest(value))) return true;
  const isSending =
    changes.some(({ leftOut }) => leftOut === null) || retire.some(({ keepSeconds }) => keepSeconds === 0);
  return create.length === 0 && !isSending;
}

function intended({ actor }: { actor: Parameters<typeof eventActor>[0] }, plan: Plan): OperationEvent {
  const services = plan.changes.filter(({ leftOut }) => leftOut === null);
  return event(eventActor(actor), {
    type: "operation.intended",
    kind: plan.kind,
    reason: plan.reason,
    secrets: plan.secrets.map(({ secretId, secretName }) => ({ id: secretId, name: secretName })),
    services: services.map(({ serviceId, serviceName }) => ({ id: serviceId, name: serviceName })),
    ...(rotatorsOf(plan).length > 0 ? { sets: rotatorsOf(plan).map(setOf) } : {}),
    ...(plan.kind === "edit" ? { settings: settingChanges(plan) } : {}),
    versions: [
      ...plan.create.map(({ secretName, objectName, value }) => ({
        name: secretName,
        objectName,
        ...(value.from === "source" ? { from: sourceOf(value) } : {}),
      })),
      ...(plan.kind === "retire" ? plan.retire : []).map(({ secretName, objectName }) => ({
        name: secretName,
        objectName,
      })),
    ],
  });
}

function setOf({ rotatorId, rotatorName, login }: PlannedRotator) {
  return { rotator: { id: rotatorId, name: rotatorName }, login };
}

function sourceOf({ sourceName, path, sourceVersionId }: SourcedValue) {
  return { source: sourceName, path, version: sourceVersionId };
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
