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
  /** Named at the end as not on the new version, and services for whose sake the gate held the old one. */
  leftOut: readonly string[];
  heldFor: readonly string[];
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
  return [...endOf(facts), ...falseSuccess(facts), ...early(facts), ...overwritten(facts), ...leftBehind(facts)];
}

/** It has ended in words that fit, or waits for a person with a reason that a fault accounts for. */
function endOf({ state, outcome, attention, fault, services, oldId, newId }: RotationFacts): string[] {
  if (state === "needs-attention") {
    const found = attention?.because && attention.choices.length > 0 ? [] : ["R15: a person is asked nothing"];
    const isHers = fault !== null && accountable.has(fault);
    return isHers ? found : [...found, `R10: a person is needed after ${fault ?? "nothing"}: ${attention?.because}`];
  }
  if (state !== "ended") return [`lost: it is ${state}`];
  const isUndone = outcome === "undone" || outcome === "failed-nothing-changed";
  const mayFail = services.some(({ isFailing }) => isFailing) || (fault !== null && accountable.has(fault));
  if (isUndone && !mayFail)
    return [`R10: ${outcome} after ${fault ?? "nothing"}: ${attention?.because ?? "no reason"}`];
  if (isUndone && outcome === "undone" && !attention?.because) return ["R8: undone, and it does not say why"];
  if (outcome === "accepted" || outcome === null) return [`R8: it ended as ${outcome}, which nobody chose`];
  if (!isUndone) return [];
  const wrong = services.filter(({ named }) => !named.includes(oldId) || (newId !== null && named.includes(newId)));
  return wrong.map(({ name }) => `R8: ${outcome}, but ${name} is not as it was`);
}

/** Faults after which tasks may have failed, or another hand may stand in the way. The others must be made good by Skep alone. */
const accountable: ReadonlySet<Fault> = new Set(["leader", "cut-off", "edit", "redeploy"]);

/** R5, R8: who is counted as done names the new object, and its tasks run with it. */
function falseSuccess({
  outcome,
  services,
  newId,
  leftOut,
  heldFor,
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
