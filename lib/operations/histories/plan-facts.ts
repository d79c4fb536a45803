import "server-only";
import { kindOf, soakSecondsOf } from "#lib/swarm/kind.ts";
import type { ServiceObject, TaskObject } from "#lib/swarm/schema.ts";
import type { PlannedValue } from "../planned-value.ts";
import { sampleChange, sampleVersion } from "../sample.ts";
import type { PlannedChange, PlannedEdit } from "../schema.ts";
import type { KnownVersion } from "../store-port.ts";
import type { Attachment } from "./attachment.ts";
import type { Start } from "./history-schema.ts";

/** What a plan is made of: the Swarm and Postgres as they are at this moment. */
export type PlanFacts = {
  services: readonly ServiceObject[];
  tasks: readonly TaskObject[];
  objectNames: readonly string[];
  labelsOf(objectId: string): Record<string, string>;
  versions: readonly KnownVersion[];
  newId(): string;
  /** Which secrets have a password that a rotator sets; null where none has. */
  attachment: Attachment | null;
  /** Whose password a version has; null where it is none of the rotator's. */
  loginOf(versionId: string): { login: string | null } | null;
  /** An emergency rotation said that its value has leaked. */
  isLeaked(versionId: string): boolean;
};

export type Known = KnownVersion & { objectId: string };
export type StartOf<V extends Start["verb"]> = Extract<Start, { verb: V }>;

export function isUnderWay({ update }: ServiceObject): boolean {
  return update !== null && update.state !== "completed" && update.state !== "rollback_completed";
}

/** The secrets that have a version in the Swarm. */
export function secretIds({ versions }: PlanFacts): string[] {
  return [...new Set(versions.filter(isLiving).map(({ secretId }) => secretId))].sort();
}

export function chosen<T>(list: readonly T[], index: number): T | undefined {
  return list.length === 0 ? undefined : list[index % list.length];
}

export function isLiving(version: KnownVersion): version is Known {
  return version.objectId !== null && version.state !== "removed" && version.state !== "pending";
}

export function livingOf({ versions }: PlanFacts, secretId: string): Known[] {
  return versions.filter(isLiving).filter((version) => version.secretId === secretId);
}

export function currentOf(facts: PlanFacts, secretId: string): Known | undefined {
  return livingOf(facts, secretId).find(({ state }) => state === "current");
}

/** Numbers of this very name, whatever its capitals, and never of one that only begins alike. */
export function nextNumber({ objectNames, versions }: PlanFacts, secretName: string, secretId: string): number {
  const prefix = `${secretName}_v`.toLowerCase();
  const inSwarm = objectNames.flatMap((name) => {
    const digits = name.toLowerCase().startsWith(prefix) ? name.slice(prefix.length) : "";
    return /^\d+$/.test(digits) ? [Number(digits)] : [];
  });
  const known = versions.filter((version) => version.secretId === secretId).map(({ number }) => number);
  return 1 + Math.max(0, ...inSwarm, ...known);
}

/** Where the source has nothing: deleted between the plan and the step, or never there. */
export const lostPath = "shop/lost";

export function plannedValueOf(value: StartOf<"create">["value"]): PlannedValue {
  if (value === "typed") return { from: "typed" };
  if (value === "generated" || value === "shown") return { from: value, generator: { type: "uuid" } };
  const path = value === "source" ? "shop/db" : lostPath;
  return {
    from: "source",
    bindingId: "binding-1",
    sourceId: "vault",
    sourceName: "vault",
    path,
    take: { take: "whole" },
    sourceVersionId: "7",
  };
}

export function versionOf(facts: PlanFacts, secret: { secretId: string; secretName: string }, value: PlannedValue) {
  const number = nextNumber(facts, secret.secretName, secret.secretId);
  const current = currentOf(facts, secret.secretId);
  const objectName = `${secret.secretName}_v${number}`;
  const stack = "com.docker.stack.namespace";
  const isOfStack = current !== undefined && stack in facts.labelsOf(current.objectId);
  return sampleVersion({
    ...secret,
    versionId: facts.newId(),
    number,
    objectName,
    value,
    labelsOf: isOfStack ? { objectId: current.objectId, keys: [stack] } : null,
  });
}

export function changeOf(
  facts: PlanFacts,
  service: ServiceObject,
  edits: PlannedEdit[],
  over: Partial<PlannedChange> = {},
): PlannedChange {
  const { id, name, stack, healthCheck, updatePolicy } = service;
  const kind = kindOf(
    service,
    facts.tasks.filter(({ serviceId }) => serviceId === id),
  );
  return sampleChange(id, edits, {
    serviceName: name,
    stack,
    kind,
    hasHealthCheck: healthCheck !== null && healthCheck !== "disabled",
    startFirst: updatePolicy.order === "start-first",
    atATime: updatePolicy.parallelism,
    soakSeconds: kind === "asleep" ? 0 : soakSecondsOf(service),
    leftOut: kind === "runs-to-end" ? "runs-to-end" : null,
    ...over,
  });
}
