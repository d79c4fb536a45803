import "server-only";
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { EventDetail } from "#lib/audit/schema.ts";
import { type AppError, type ErrorCode, isAppError } from "#lib/errors.ts";
import type { Attention } from "../ledger.ts";
import { ledgerOf } from "../new-ledger.ts";
import { event, systemActor } from "../pass.ts";
import { sampleChange, samplePlan, sampleSettings, sampleStarter, sampleVersion, toCreated } from "../sample.ts";
import type { Plan, PlannedRecord } from "../schema.ts";
import type { NewOperation, OperationStore } from "../store-port.ts";

export type StoreUnderTest = {
  store: OperationStore;
  clusterId: string;
  /** Lets a lease run out, or a wake-up come. */
  pass(seconds: number): Promise<void>;
  eventTypes(operationId: string): Promise<string[]>;
  setReadOnly(reason: string): Promise<void>;
};

export function planFor(clusterId: string, secretId: string = randomUUID()): Plan {
  return samplePlan({
    clusterId,
    secrets: [{ secretId, secretName: `name-${secretId}`, fromVersion: null, toVersion: 1 }],
    create: [sampleVersion({ secretId, versionId: `version-${secretId}`, number: 1, objectName: `${secretId}_v1` })],
    changes: [sampleChange("service-a", [toCreated(["object-old"], `version-${secretId}`)])],
    record: [{ record: "create", secretId, name: `name-${secretId}`, settings: sampleSettings }],
  });
}

export function newOperation(plan: Plan): NewOperation {
  return {
    id: randomUUID(),
    plan,
    actor: sampleStarter,
    steps: ledgerOf(plan),
    isValueInRequest: false,
    events: [event(systemActor, stop)],
    records: plan.record.map((planned: PlannedRecord) => ({ record: "planned", planned })),
  };
}

/** A store with one operation in it. */
export async function begun(open: () => Promise<StoreUnderTest>) {
  const test = await open();
  const operation = newOperation(planFor(test.clusterId));
  await test.store.insert(operation);
  return { ...test, operation, id: operation.id };
}

export async function refusal(work: Promise<unknown>, code: ErrorCode): Promise<AppError> {
  const error = await work.then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(isAppError(error, code), String(error)).toBe(true);
  return error as AppError;
}

export const stop: EventDetail = { type: "operation.stop-requested", secrets: [] };
export const attention: Attention = {
  because: "why",
  direction: "forward",
  stepKey: null,
  choice: null,
  choices: ["accept"],
};

export function fail(): never {
  throw new Error("There should have been something.");
}
