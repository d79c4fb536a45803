import type { GateReason } from "#lib/operations/gate-reason.ts";
import { gateText } from "#lib/operations/gate-text.ts";
import type { Phase } from "./ledger.ts";

/** Who did something to the Swarm, to Skep or to Postgres while a rotation was under way. */
export const faults = ["leader", "cut-off", "skep", "frozen", "postgres", "edit", "redeploy"] as const;
export type Fault = (typeof faults)[number];

/** A service at the end of a rotation. */
export type ServiceFacts = {
  name: string;
  /** Its tasks take no value but the old one. */
  isFailing: boolean;
  /** The objects that its spec names, and its previous spec. */
  named: readonly string[];
  previous: readonly string[];
  wanted: number;
  /** Tasks that run, and are wanted to, with this object; and all that have not ended. */
  running: Readonly<Record<string, number>>;
  living: readonly string[];
  /** Everything else in its spec, and what that must be after what others have done to it. */
  rest: string;
  wantedRest: string;
};

/** One rotation at its end, with what the Swarm, Postgres and the wire say of it. */
export type RotationFacts = {
  name: string;
  fault: Fault | null;
  phase: Phase;
  state: string;
  outcome: string | null;
  attention: { because: string; choices: readonly string[] } | null;
  /** Named at the end as not on the new version, and why the gate held the old one. */
  leftOut: readonly string[];
  heldBy: readonly GateReason[];
  oldId: string;
  oldName: string;
  /** What Postgres says was made, and whether the old one is said to be removed. */
  newId: string | null;
  isRemoved: boolean;
  services: readonly ServiceFacts[];
  /** Objects of this secret's names that are in the Swarm, and which of them Postgres knows. */
  objects: readonly { id: string; name: string }[];
  knownIds: readonly string[];
  locks: number;
  /** Rows that would be carried on. */
  open: number;
};

/** Every promise that this rotation broke, by its number in docs/engine.md. Nothing is a good answer. */
export function brokenBy(facts: RotationFacts): string[] {
  return [
    ...endOf(facts),
    ...unaccounted(facts),
    ...falseSuccess(facts),
    ...early(facts),
    ...overwritten(facts),
    ...leftBehind(facts),
  ];
}

/** It has ended in words that fit, or waits for a person with a reason that its fault accounts for. */
function endOf(facts: RotationFacts): string[] {
  const { state, outcome, attention, fault, services, oldId, newId } = facts;
  const after = `after ${fault ?? "nothing"}: ${attention?.because || "no reason"}`;
  if (state === "needs-attention") {
    const found = attention?.because && attention.choices.length > 0 ? [] : ["R15: a person is asked nothing"];
    return isAccounted(facts) ? found : [...found, `R10: a person is needed ${after}`];
  }
  if (state !== "ended") return [`lost: it is ${state}`];
  if (outcome === "accepted" || outcome === null) return [`R8: it ended as ${outcome}, which nobody chose`];
  if (outcome === "stopped-mixed") return isByHand(fault) ? [] : [`R8: it ended as ${outcome} ${after}`];
  if (outcome !== "undone" && outcome !== "failed-nothing-changed") return [];
  if (outcome === "undone" && !attention?.because) return ["R8: undone, and it does not say why"];
  if (!isAccounted(facts) && !isOfFailing(facts)) return [`R10: ${outcome} ${after}`];
  const wrong = services.filter(({ named }) => !named.includes(oldId) || (newId !== null && named.includes(newId)));
  return wrong.map(({ name }) => `R8: ${outcome}, but ${name} is not as it was`);
}

/**
 * What each fault may be the reason of, in the words with which an operation turns or asks a person. When a machine dies
 * or is parted from the others, Docker says of its tasks that they failed; another hand's update stands in the way. What
 * comes over Skep or Postgres must be made good by Skep alone.
 */
const reasonsOf: Record<Fault, readonly ("tasks-failed" | "another-hand")[]> = {
  leader: ["tasks-failed"],
  "cut-off": ["tasks-failed"],
  skep: [],
  frozen: [],
  postgres: [],
  edit: ["another-hand"],
  redeploy: ["another-hand"],
};

const anotherHand = / by another hand, and Skep leaves that alone\.$| was changed by others ten times in a row /;

function isAccounted({ fault, attention, services }: RotationFacts): boolean {
  const because = attention?.because ?? "";
  return (fault === null ? [] : reasonsOf[fault]).some((reason) => {
    if (reason === "another-hand") return anotherHand.test(because);
    return services.some(({ name }) => because.startsWith(`${name} failed.`));
  });
}

/** It was to be undone: a service that takes no value but the old one says so. */
function isOfFailing({ services, attention }: RotationFacts): boolean {
  return services.some(({ name, isFailing }) => isFailing && attention?.because.startsWith(`${name} failed.`));
}

function isByHand(fault: Fault | null): boolean {
  return fault === "edit" || fault === "redeploy";
}

/** R8: whoever is left out is so because of the fault: a service that a deploy took back, a version that the gate held. */
function unaccounted({ state, outcome, fault, leftOut, heldBy, oldName }: RotationFacts): string[] {
  if (state !== "ended" || outcome !== "done-left-out") return [];
  const services = fault === "redeploy" ? [] : leftOut.filter((name) => name !== oldName);
  // Skep releases a service once nothing else holds the version: then alone it is no reason.
  const others = heldBy.filter((each) => each.reason !== "previous-spec" || each.notReleasable !== null);
  const held = (others.length > 0 ? others : heldBy).filter((each) => fault === null || !mayHold(fault, each));
  const after = `after ${fault ?? "nothing"}`;
  return [
    ...services.map((name) => `R8: ${name} was left out ${after}`),
    ...held.map((each) => `R3: ${oldName} was held ${after}: ${gateText(each)}`),
    ...(leftOut.includes(oldName) && heldBy.length === 0 ? [`R3: ${oldName} was held, and nothing says why`] : []),
  ];
}

/** A node that died or was cut off keeps its old task; a hand gives a service the old version, or is not done with it. */
function mayHold(fault: Fault, held: GateReason): boolean {
  if (fault === "leader" || fault === "cut-off") return held.reason === "task";
  if (held.reason === "previous-spec") return isByHand(fault) && held.notReleasable === "busy";
  return fault === "redeploy" && (held.reason === "named" || held.reason === "task");
}

/** R5, R8: who is counted as done names the new object, and its tasks run with it. */
function falseSuccess({
  outcome,
  services,
  newId,
  leftOut,
  heldBy,
  isRemoved,
  oldName,
  oldId,
}: RotationFacts): string[] {
  if (outcome !== "done" && outcome !== "done-left-out") {
    return services.flatMap(({ name, named, wanted, running }) => {
      const has = [oldId, newId ?? ""].find((id) => named.includes(id));
      const isUp = has !== undefined && (running[has] ?? 0) >= wanted;
      return outcome === "undone" && !isUp ? [`R5: undone, but ${name} does not run ${wanted} tasks`] : [];
    });
  }
  const found: string[] = [];
  const heldFor = heldBy.flatMap((held) => (held.reason === "named" ? held.serviceName : []));
  if (outcome === "done-left-out" && leftOut.length === 0) found.push("R8: left out, and nobody is named");
  if (outcome === "done" && !isRemoved) found.push(`R8: done, but ${oldName} was not removed`);
  for (const { name, named, wanted, running, isFailing } of services) {
    // Back on the old version after it was seen on the new one: then the old one has to be what is left out.
    if (leftOut.includes(name) || (leftOut.includes(oldName) && heldFor.includes(name))) continue;
    if (isFailing) found.push(`R5: ${outcome}, but ${name} cannot run the new version`);
    const isOn = newId !== null && named.includes(newId) && !named.includes(oldId);
    if (!isOn) found.push(`R8: ${outcome}, but ${name} does not name the new version`);
    else if ((running[newId] ?? 0) < wanted)
      found.push(`R5: ${outcome}, but ${name} runs ${running[newId] ?? 0} of ${wanted} with it`);
  }
  return found;
}

/** R3: what is gone is named by no spec, no previous spec and no living task. */
function early({ services, objects, oldId, newId, isRemoved, oldName }: RotationFacts): string[] {
  const isThere = (id: string) => objects.some((object) => object.id === id);
  const found: string[] = [];
  if (!isThere(oldId) && !isRemoved) found.push(`R3: ${oldName} is gone, and Postgres does not know`);
  if (isThere(oldId) && isRemoved) found.push(`R8: ${oldName} is said to be removed and is there`);
  if (newId !== null && !isThere(newId)) found.push("R3: the new version is gone");
  for (const { name, named, previous, living } of services) {
    if (isThere(oldId)) continue;
    if (named.includes(oldId)) found.push(`R3: ${oldName} was removed, and ${name} names it`);
    if (previous.includes(oldId)) found.push(`R3: ${oldName} was removed, and ${name} could be rolled back to it`);
    if (living.includes(oldId)) found.push(`R3: ${oldName} was removed, and a task of ${name} has it`);
  }
  return found;
}

/** R4 */
function overwritten({ services }: RotationFacts): string[] {
  return services
    .filter(({ rest, wantedRest }) => rest !== wantedRest)
    .map(({ name, rest, wantedRest }) => `R4: ${name} is not as others left it: ${difference(rest, wantedRest)}`);
}

function difference(one: string, other: string): string {
  const from = [...one].findIndex((sign, index) => sign !== other[index]);
  return `${one.slice(from - 30, from + 60)} instead of ${other.slice(from - 30, from + 60)}`;
}

/** R2, R9, R13 */
function leftBehind({ objects, knownIds, locks, open, state }: RotationFacts): string[] {
  const found: string[] = [];
  const made = objects.filter(({ name }) => !name.endsWith("_v1"));
  if (made.length > 1) found.push(`R2: ${made.length} new objects`);
  for (const { id, name } of objects) if (!knownIds.includes(id)) found.push(`R13: nobody knows ${name}`);
  if (locks > 0) found.push("R9: a service stays locked");
  if (open > 0 && state !== "needs-attention") found.push(`${open} operations are left open`);
  return found;
}

/** How an instance ended: as it was asked to, or by itself. */
export type Exit = { owner: string; how: string; isAsked: boolean };

/** R10: nothing that comes over the others may end an instance. */
export function fallen(exits: readonly Exit[]): string[] {
  return exits.filter(({ isAsked }) => !isAsked).map(({ owner, how }) => `R10: ${owner} ended by itself (${how})`);
}
