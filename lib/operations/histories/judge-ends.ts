import "server-only";
import type { EventDetail } from "#lib/audit/schema.ts";
import type { Spec } from "../model/tasks.ts";
import { isOfRequest } from "../planned-value.ts";
import type { Plan } from "../schema.ts";
import { type Followed, idsIn, referencesOf, type Sight, wasTouchedSince } from "./sight.ts";

type Ended = Extract<EventDetail, { type: "operation.ended" }>;

function endOf({ events }: Followed): Ended | null {
  const detail = events.at(-1)?.detail;
  return detail?.type === "operation.ended" ? detail : null;
}

/** Services that nobody else has changed since the operation began. */
function untouched(sight: Sight, { startedAt }: Followed): string[] {
  return [...sight.model.services.keys()].filter((id) => !wasTouchedSince(sight, id, startedAt));
}

/** R8: done means moved, and undone means back. */
export function outcomeIsTrue(sight: Sight, followed: Followed): string[] {
  const end = endOf(followed);
  if (!end) return ["R8: it ended without a word"];
  const { plan } = followed.operation;
  const own = untouched(sight, followed);
  const spec = (id: string) => sight.model.service(id).spec;
  if (end.outcome === "done" || end.outcome === "done-left-out") {
    const left = new Set(end.leftOut.map(({ id }) => id));
    const froms = fromSetOf(plan);
    const planned = plan.changes.filter(({ serviceId, leftOut }) => leftOut === null && own.includes(serviceId));
    const behind = planned.filter(({ serviceId }) => {
      return !left.has(serviceId) && idsIn(spec(serviceId)).some((id) => froms.has(id));
    });
    if (end.outcome === "done" && end.leftOut.length > 0) return ["R8: done, and yet some are left out"];
    return behind.map(({ serviceName }) => `R8: ${end.outcome}, and ${serviceName} still names the old version`);
  }
  if (end.outcome !== "undone") return [];
  return own.filter((id) => !isBack(followed, id, spec(id))).map((id) => `R8: undone, and ${id} is not as it was`);
}

/** Each target that it changed has what it had before; what other operations do beside that is theirs. */
function isBack({ forward }: Followed, serviceId: string, spec: Spec): boolean {
  const now = new Map(referencesOf(spec).map(({ File, SecretID }) => [File.Name, SecretID]));
  return [...(forward.get(serviceId) ?? [])].every(([target, { from }]) => (now.get(target) ?? null) === from);
}

/** The objects that services are to leave. */
function fromSetOf({ changes }: Plan): Set<string> {
  const edits = changes.flatMap((change) => change.edits);
  return new Set(edits.flatMap((edit) => (edit.edit === "replace" ? edit.fromObjectIds : [])));
}

/** R8: failed, nothing changed. */
export function nothingChanged(sight: Sight, followed: Followed): string[] {
  if (endOf(followed)?.outcome !== "failed-nothing-changed") return [];
  const changed = [...followed.forward.keys()].filter((id) => !followed.undone.has(id) && sight.model.services.has(id));
  // What was made of values that did not all come, or that the other side did not take, is given up, and nobody has run it.
  const { create } = followed.operation.plan;
  const isGivenUp = create.length > 1 || create.some(({ value }) => isOfRequest(value) || value.from === "rotator");
  const made = [...followed.made.values()].flat().filter((id) => !isGivenUp && sight.model.secrets.has(id));
  return [
    ...changed.map((id) => `R8: nothing changed, and ${id} was moved`),
    ...made.map((id) => `R8: nothing changed, and ${id} was made`),
  ];
}

/** R12: whoever names an old object in the end was left out, moved by another hand, or came after the last look. */
export function newcomersMoved(sight: Sight, followed: Followed): string[] {
  const end = endOf(followed);
  const { kind, plan } = followed.operation;
  const isWhole = kind === "rotate" || kind === "rotate-emergency";
  if (!isWhole || !end?.outcome.startsWith("done") || followed.checkedAt === null) return [];
  const left = new Set(end.leftOut.map(({ id }) => id));
  const froms = fromSetOf(plan);
  const { checkedAt } = followed;
  return [...sight.model.services.values()]
    .filter(({ id, spec }) => !left.has(id) && idsIn(spec).some((each) => froms.has(each)))
    .filter(({ id }) => !wasTouchedSince(sight, id, checkedAt))
    .map(({ id }) => `R12: ${id} names an old version at the end, and nobody says so`);
}

/** R9: nothing is held any more. */
export function nothingLocked(_sight: Sight, { holds, operation }: Followed): string[] {
  return holds.size === 0 ? [] : [`R9: ${operation.id} has ended and holds ${[...holds].join(", ")}`];
}

/** R14: every intent has its one end. */
export function everyCallAnswered(_sight: Sight, { open }: Followed): string[] {
  return open.map(({ key }) => `R14: ${key} has no end`);
}
