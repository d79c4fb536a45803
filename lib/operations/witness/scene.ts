import "server-only";
import { randomUUID } from "node:crypto";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import { SecretValue } from "#lib/value.ts";
import { takeUp } from "../advance.ts";
import { isClosed, type Operation, stepsNamed } from "../ledger.ts";
import { applyRecord } from "../model/memory-books.ts";
import { MemoryStore } from "../model/memory-store.ts";
import { OtherSide } from "../model/other-side.ts";
import { ledgerOf } from "../new-ledger.ts";
import { samplePlan, sampleSettings, sampleStarter } from "../sample.ts";
import type { Plan, PlannedRecord } from "../schema.ts";
import type { PersonsWish } from "../store-port.ts";
import type { Document } from "./document.ts";
import type { ObjectEnd } from "./expected.ts";
import type { Sent, Witness } from "./witness.ts";

/** Where specs are moved: a Docker endpoint behind a recording proxy with a witness, and services on it. */
export type Scene = {
  gateway: SwarmGateway;
  witness: Witness;
  clusterId: string;
  /** Two versions of the secret that is rotated, another secret, and two that no service holds yet. */
  objects: Record<"rotated" | "older" | "other" | "granted" | "kept", ObjectEnd>;
  services: { id: string; name: string; spec: Document }[];
  now(): number;
  pause(seconds: number): Promise<void>;
};

/** What was sent on the way there, and after a person had asked for undo. */
export type Performance = { operation: Operation; sent: Sent[]; undone: Sent[] };

/**
 * Carries one plan out by the real executor, as far as its updates go: services whose tasks never run are not waited
 * for. With `undoAfter`, a person asks for undo in the moment when that many updates have been answered.
 */
export async function perform(scene: Scene, over: Partial<Plan>, undoAfter?: number): Promise<Performance> {
  const { witness, gateway, clusterId } = scene;
  const store = new MemoryStore(scene.now);
  store.roles.set(sampleStarter.type === "person" ? sampleStarter.personId : "", "administrator");
  for (const planned of knownSecrets(scene)) {
    applyRecord(store.books, { record: "planned", planned }, { id: "", clusterId }, scene.now());
  }
  const plan = samplePlan({ clusterId, atMost: null, ...over });
  const given = { id: randomUUID(), plan, actor: sampleStarter, isValueInRequest: false, steps: ledgerOf(plan) };
  const leased = await store.insert({ ...given, events: [], records: [] }, { leaseFor: "witness" });
  let updates = 0;
  witness.onTaken = () => {
    updates += 1;
    if (updates === undoAfter) void store.wish(given.id, undoWish, { state: ["open"] });
  };
  const clock = { now: () => new Date(scene.now()) };
  const random = { id: randomUUID, fraction: Math.random, value: () => new SecretValue(Buffer.from("a value")) };
  const sources = { read: async () => new SecretValue(Buffer.from("a value")) };
  const rotators = new OtherSide();
  const work = takeUp(leased, { store, swarm: gateway, clock, random, sources, rotators });
  const deadline = scene.now() + mostSeconds * 1000;
  for (;;) {
    const progress = await work.goOn();
    if (progress.state !== "open" || isSent(work.operation, undoAfter !== undefined)) break;
    if (scene.now() > deadline) throw new Error(`${plan.kind} is not over: ${whereItStands(work.operation)}`);
    await scene.pause(progress.waitSeconds);
  }
  return { operation: work.operation, ...parted(witness.take(), undoAfter) };
}

function parted(all: Sent[], undoAfter = Number.POSITIVE_INFINITY): Pick<Performance, "sent" | "undone"> {
  let taken = 0;
  const isForth = all.map(({ isTaken }) => {
    const isBefore = taken < undoAfter;
    if (isTaken) taken += 1;
    return isBefore;
  });
  return { sent: all.filter((_, index) => isForth[index]), undone: all.filter((_, index) => !isForth[index]) };
}

const mostSeconds = 120;

const undoWish: PersonsWish = {
  direction: "undoing",
  event: { actor: { type: "system" }, detail: { type: "operation.undo-requested", secrets: [] } },
};

/** The secrets that Skep manages here, each with the objects that are its versions. */
function knownSecrets({ objects }: Scene): PlannedRecord[] {
  const { older, rotated, other, granted, kept } = objects;
  const known = { rotated: [older, rotated], other: [other], granted: [granted], kept: [kept] };
  return Object.entries(known).map(([name, ends]) => {
    const versions = ends.map(({ objectId, objectName }, index) => {
      const state = index === ends.length - 1 ? ("current" as const) : ("previous" as const);
      return { versionId: versionIdOf(objectId), number: index + 1, objectId, objectName, createdAt: "", state };
    });
    return { record: "adopt", secretId: `secret-${name}`, name, settings: sampleSettings, versions };
  });
}

export function versionIdOf(objectId: string): string {
  return `version-of-${objectId}`;
}

/** Every update of this direction has been sent and answered; a retirement goes on to its end. */
function isSent(operation: Operation, isUndone: boolean): boolean {
  if (operation.kind === "retire") return false;
  const steps = stepsNamed(operation, isUndone ? "undo" : "move");
  return steps.length > 0 && steps.every(isClosed);
}

function whereItStands({ steps }: Operation): string {
  const open = steps.filter((step) => !isClosed(step) && step.attempt > 0);
  return open.map(({ key, errorText, facts }) => `${key} ${errorText ?? facts.waitsFor ?? ""}`).join("; ");
}
