import "server-only";
import type { Verification } from "#lib/audit/schema.ts";
import { agreeing, counted } from "#lib/words.ts";
import { heldRemoves, keptOf, removedOf, servicesLeftOut } from "./finish.ts";
import { gateText } from "./gate-text.ts";
import { movedServiceIds, type Operation, rotatorsOf, stepsNamed } from "./ledger.ts";
import { gapText, oldPasswordText, oneWayText, untoldText } from "./rotator-text.ts";
import type { LaneView } from "./schema.ts";

/** What happened, in one or two sentences, and what to do next. */
export function summaryOf(operation: Operation, lanes: readonly LaneView[]): { summary: string; next: string | null } {
  if (operation.state === "needs-attention") return attention(operation);
  if (operation.state === "open") return { summary: underWay(operation, lanes), next: null };
  switch (operation.outcome) {
    case "done":
      return { summary: whole(operation, lanes), next: held(operation) };
    case "done-left-out":
      return { summary: whole(operation, lanes), next: leftOut(operation) };
    case "undone":
      return { summary: undone(operation, lanes), next: nextAfterFailure(operation) };
    case "stopped-mixed":
      return {
        summary: `${reason(operation)}Stopped half-way: ${mixed(operation, lanes)}.${oldPasswordText(operation)}`,
        next: nextAfterMixed(operation, lanes),
      };
    case "accepted":
      return {
        summary: `${reason(operation)}Left as it is by a person's decision: ${mixed(operation, lanes)}.${oldPasswordText(operation)}`,
        next: kept(operation),
      };
    case "failed-nothing-changed":
      return { summary: `${reason(operation)}Nothing was changed.`, next: "Try again when the reason is mended." };
    default:
      return { summary: "", next: null };
  }
}

function nextAfterMixed(operation: Operation, lanes: readonly LaneView[]): string | null {
  const isMixed = lanes.some(({ state }) => state !== "done" && state !== "gone");
  if (!isMixed) return kept(operation);
  // The login that the others have still is the next one's: until nobody has it, nothing is rotated.
  return rotatorsOf(operation.plan).some(({ login, oldLogin }) => login !== oldLogin)
    ? "Move the rest to the current version, on the secret's page."
    : "Rotate again to bring all services onto one version, or roll back.";
}

function kept(operation: Operation): string | null {
  const names = namesOf(keptOf(operation));
  return names === "none" ? null : `Skep keeps ${names} until somebody retires it.`;
}

function underWay(operation: Operation, lanes: readonly LaneView[]): string {
  const { direction, attention: why } = operation;
  const finished = lanes.filter(({ state }) => state === "done").length;
  const wanted = lanes.filter(({ state }) => state !== "left-out").length;
  const because = why ? `${asSentence(why.because)} ` : "";
  if (direction === "undoing") {
    const isAnyMoved = stepsNamed(operation, "move").some(({ facts }) => facts.isApplied);
    return `${because}${isAnyMoved ? "The services are being put back." : "What was begun is given up."}`;
  }
  if (direction === "stopping")
    return `${because}No further service is moved; the present ones are watched to their end.`;
  if (wanted === 0) return operation.outage ? "" : "Under way.";
  const done = `${finished} of ${counted(wanted, "service")} done.`;
  const counts = `${done}${oneWayText(operation)}`;
  return operation.outage ? counts : `${counts} You can close this page; it goes on.`;
}

function attention({ attention: why }: Operation): { summary: string; next: string | null } {
  return { summary: why?.because ?? "A person has to decide.", next: null };
}

function whole(operation: Operation, lanes: readonly LaneView[]): string {
  return `${done(operation, lanes)}${verified(operation.verification)}${gapText(operation)}`;
}

function done(operation: Operation, lanes: readonly LaneView[]): string {
  const moved = lanes.filter(({ state }) => state === "done").length;
  const services = counted(moved, "service");
  const [secret, ...others] = operation.plan.secrets;
  if (others.length > 0 && operation.kind === "rotate") return doneForAll(services, moved, others.length + 1);
  const number = madeNumber(operation) ?? secret?.toVersion;
  const version = number == null ? "" : ` v${number}`;
  switch (operation.kind) {
    case "edit":
      return "The settings are saved.";
    case "adopt":
      return "Adopted. Nothing was written to the Swarm.";
    case "take-over":
      return "What the Swarm says is the record now.";
    case "keep":
      return `${secret?.secretName ?? "It"} stays until somebody retires it again.`;
    case "retire":
      return stepsNamed(operation, "remove").length > 0
        ? removed(operation)
        : "It goes through the gate when its time is over.";
    case "create":
      return moved === 0
        ? "The secret is in the Swarm."
        : `The secret is in the Swarm, and ${services} ${agreeing(moved, "has", "have")} it.`;
    case "revoke":
      return `${services} no longer ${agreeing(moved, "has", "have")} it.`;
    default:
      return moved === 0
        ? `${secret?.secretName ?? "The secret"} has${version}; ${lanes.length === 0 ? "no service uses it" : "no service was moved to it"}.`
        : `${services} on${version || " the version wanted"}.`;
  }
}

/** Where a foreign object was in the way of the planned number, another one was taken. */
function madeNumber(operation: Operation): number | undefined {
  return stepsNamed(operation, "create").find(({ facts }) => facts.object)?.facts.object?.number;
}

function doneForAll(services: string, moved: number, secrets: number): string {
  return moved === 0
    ? `All ${secrets} secrets have a new version; no service uses them.`
    : `${services} on the new versions of ${secrets} secrets, each moved once.`;
}

function removed(operation: Operation): string {
  const gone = stepsNamed(operation, "remove").filter(({ state }) => state === "done");
  return gone.length === 0
    ? "Nothing could be removed yet."
    : `Removed ${gone.map((step) => step.subjectName).join(", ")}.`;
}

function verified(verification: Verification | null): string {
  if (verification === "running-not-verified")
    return " Running, not verified: without a health check, Skep sees that tasks run.";
  if (verification === "unverified-asleep") return " Some are asleep: unverified until they next run.";
  return verification === "verified" ? " The new tasks pass their health checks." : "";
}

function leftOut(operation: Operation): string | null {
  const names = servicesLeftOut(operation);
  const still = names.length > 0 ? `Not moved: ${names.map(({ name }) => name).join(", ")}.` : "";
  return [still, held(operation) ?? ""].filter(Boolean).join(" ") || null;
}

/** What waits: other sides that were not told, and why a version is still there, as the gate said it. */
function held(operation: Operation): string | null {
  return [...untoldText(operation), ...stillHeld(operation)].join(" ") || null;
}

function stillHeld(operation: Operation): string[] {
  const rows = heldRemoves(operation);
  if (rows.length === 0) return [];
  const texts = rows.map(({ subjectName, facts }) => `${subjectName}: ${facts.heldBy?.map(gateText).join("; ")}`);
  return [`Still held: ${texts.join(". ")}. Skep goes on asking, and removes it when nothing needs it.`];
}

function undone(operation: Operation, lanes: readonly LaneView[]): string {
  const back = lanes.filter(({ state }) => state === "undone").length;
  return `${reason(operation)}Undone: ${backText(operation, back)}`;
}

function backText({ steps, kind }: Operation, back: number): string {
  if (back > 0) {
    const leaked = kind === "rotate-emergency" ? ", the one that leaked" : "";
    return `${counted(back, "service")} ${agreeing(back, "is", "are")} on the old version again${leaked}.`;
  }
  const isAnyMoved = steps.some(({ name, facts }) => name === "move" && facts.isApplied);
  return isAnyMoved ? "The services that were changed are gone." : "No service was changed.";
}

/** Where no step has failed, a person wished it undone. */
function nextAfterFailure({ attention: why, plan }: Operation): string | null {
  if (!why || why.stepKey === null) return null;
  return plan.create.length > 0
    ? "See why the new value was not taken, then rotate again."
    : "See why it failed, then try again.";
}

function reason({ attention: why }: Operation): string {
  return why ? `${asSentence(why.because)} ` : "";
}

/** A task's own words end as they please. */
function asSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

function mixed(operation: Operation, lanes: readonly LaneView[]): string {
  const moved = new Set(movedServiceIds(operation));
  const on = lanes.filter(({ serviceId }) => moved.has(serviceId)).map(({ serviceName }) => serviceName);
  const off = lanes
    .filter(({ serviceId, state }) => !moved.has(serviceId) && state !== "gone")
    .map(({ serviceName }) => serviceName);
  const services = `moved: ${on.join(", ") || "none"}; not moved: ${off.join(", ") || "none"}`;
  const [removed, left] = [removedOf(operation), keptOf(operation)];
  const objects = `removed: ${namesOf(removed)}; not removed: ${namesOf(left)}`;
  return [...(lanes.length > 0 ? [services] : []), ...(removed.length + left.length > 0 ? [objects] : [])].join("; ");
}

function namesOf(named: readonly { name: string }[]): string {
  return named.map(({ name }) => name).join(", ") || "none";
}
