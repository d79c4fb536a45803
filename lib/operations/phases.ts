import "server-only";
import { counted, duration, elapsed, someOf } from "#lib/words.ts";
import { servicesLeftOut } from "./finish.ts";
import { gateText } from "./gate-text.ts";
import { isClosed, isHalfWay, type LedgerStep, type Operation, stepsNamed } from "./ledger.ts";
import { rotatedText } from "./rotator-text.ts";
import type { LaneView, PhaseView } from "./schema.ts";

/** The operation in a handful of words, from left to right. */
export function phasesOf(operation: Operation, lanes: readonly LaneView[]): PhaseView[] {
  const moving = lanes.filter(({ state }) => state !== "left-out");
  const undos = stepsNamed(operation, "undo");
  return [
    ...createPhase(operation),
    ...passwordPhase(operation),
    ...servicePhases(operation, moving),
    ...(undos.length > 0 ? [undoPhase(operation, lanes)] : []),
    ...(undos.length === 0 ? [...checkPhase(operation), ...keepPhase(operation), ...removePhase(operation)] : []),
  ];
}

type State = PhaseView["state"];

function createPhase(operation: Operation): PhaseView[] {
  const creates = stepsNamed(operation, "create");
  if (creates.length === 0) return [];
  const isOne = creates.length === 1;
  const state = stateOfSteps(creates);
  const made = creates.flatMap(({ facts }) => facts.object?.name ?? []);
  const waiting = creates.find(({ facts }) => facts.waitsFor)?.facts.waitsFor;
  const detail = state === "done" ? (lasted(creates) ?? someOf(made)) : (waiting ?? "");
  const name =
    state === "done" ? `${isOne ? "Version" : "Versions"} created` : `Create ${isOne ? "version" : "versions"}`;
  return [{ name, state, detail }];
}

/** The other side takes the new password, and was asked whether it does. */
function passwordPhase(operation: Operation): PhaseView[] {
  const steps = stepsNamed(operation, "set", "test");
  if (steps.length === 0) return [];
  const state = stateOfSteps(steps);
  return [{ name: state === "done" ? "Password set" : "Set password", state, detail: rotatedText(operation) }];
}

function servicePhases({ plan, direction }: Operation, lanes: readonly LaneView[]): PhaseView[] {
  if (lanes.length === 0) return [];
  const canary = lanes.find(({ isCanary }) => isCanary);
  const rest = canary ? lanes.filter((lane) => lane !== canary) : lanes;
  const phases: PhaseView[] = [];
  if (canary) {
    const detail = [canary.serviceName, between(canary.startedAt, canary.endedAt)].filter(Boolean).join(", ");
    phases.push({ name: "Canary", state: stateOfLanes([canary]), detail });
  }
  if (rest.length > 0) {
    const how = plan.order === "one-by-one" ? "one by one" : rest.length > 1 ? "together" : "";
    const name = `${counted(rest.length, "service")} ${how}`.trim();
    const state = stateOfLanes(rest);
    phases.push({
      name,
      state: state === "now" && direction === "undoing" ? "failed" : state,
      detail: progressOf(rest),
    });
  }
  return phases;
}

function undoPhase(operation: Operation, lanes: readonly LaneView[]): PhaseView {
  const back = lanes.filter(({ state }) => state === "undone").length;
  const all = stepsNamed(operation, "undo").length;
  const state = stateOfSteps(stepsNamed(operation, "undo", "watch-undo"));
  return { name: "Put back", state, detail: `${back} of ${all} on the old version again` };
}

function checkPhase(operation: Operation): PhaseView[] {
  const checks = stepsNamed(operation, "check");
  if (checks.length === 0) return [];
  const [first, ...others] = operation.plan.secrets;
  const one = first?.fromVersion == null ? "the old version" : `v${first.fromVersion}`;
  const old = others.length > 0 ? "an old version" : one;
  const stopped = stepsNamed(operation, "move").filter(({ facts }) => facts.left === "stopped");
  const left = servicesLeftOut(operation).length + stopped.length;
  // A revocation moves nobody to another version.
  const isMoved = first?.fromVersion != null && first.toVersion !== null && first.fromVersion !== first.toVersion;
  const detail =
    left > 0 ? `${counted(left, "service")} left out` : isMoved ? `no service left on ${old}` : "as planned";
  return [{ name: "Check all", state: stateOfSteps(checks), detail }];
}

function keepPhase(operation: Operation): PhaseView[] {
  const kept = operation.plan.retire.filter(({ keepSeconds }) => keepSeconds > 0);
  if (kept.length === 0) return [];
  const times = [...new Set(kept.map(({ keepSeconds }) => keepSeconds))].sort((a, b) => a - b).map(duration);
  const time = times.length > 1 ? `${times[0]} to ${times.at(-1)}` : times[0];
  const names = someOf(kept.map(({ objectName }) => objectName));
  // Half-way, nothing goes by itself.
  const name = isHalfWay(operation) ? "Keep" : `Keep for ${time}`;
  return [{ name, state: stateOfSteps(stepsNamed(operation, "record")), detail: names }];
}

function removePhase(operation: Operation): PhaseView[] {
  const removes = stepsNamed(operation, "remove");
  if (removes.length === 0) return [];
  const held = removes.flatMap(({ facts }) => facts.heldBy ?? []);
  const state = stateOfSteps(removes);
  const isHeld = held.length > 0 && removes.some((step) => step.state !== "done");
  const detail = isHeld ? held.map(gateText).join("; ") : someOf(removes.map((step) => step.subjectName));
  return [
    {
      name: state === "done" && !isHeld ? "Removed" : "Remove",
      state: isHeld && state === "done" ? "failed" : state,
      detail,
    },
  ];
}

function stateOfSteps(steps: readonly LedgerStep[]): State {
  if (steps.some(({ state }) => state === "failed")) return "failed";
  if (steps.every(isClosed)) return "done";
  return steps.some(({ startedAt }) => startedAt !== null) ? "now" : "ahead";
}

function stateOfLanes(lanes: readonly LaneView[]): State {
  if (lanes.some(({ state }) => state === "failed" || state === "undoing" || state === "undone")) return "failed";
  if (lanes.every(({ state }) => state === "waiting")) return "ahead";
  if (lanes.every(({ state }) => state === "moved-by-another-hand")) return "failed";
  const over = new Set(["done", "gone", "moved-by-another-hand"]);
  return lanes.every(({ state }) => over.has(state)) ? "done" : "now";
}

function progressOf(lanes: readonly LaneView[]): string {
  const count = (...states: LaneView["state"][]) => lanes.filter(({ state }) => states.includes(state)).length;
  const parts = [
    [count("done"), "done"],
    [count("updating", "soaking"), "under way"],
    [count("waiting"), "waiting"],
    [count("failed"), "failed"],
    [count("undoing"), "being put back"],
    [count("undone"), "put back"],
    [count("gone"), "gone"],
    [count("moved-by-another-hand"), "moved by another hand"],
  ] as const;
  return parts.flatMap(([number, word]) => (number > 0 ? `${number} ${word}` : [])).join(", ");
}

function lasted(steps: readonly LedgerStep[]): string | null {
  const ends = steps.map(({ endedAt }) => endedAt ?? "").sort();
  return between(steps[0]?.startedAt ?? null, ends.at(-1) || null);
}

function between(from: string | null, to: string | null): string | null {
  if (from === null || to === null) return null;
  return elapsed(Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000));
}
