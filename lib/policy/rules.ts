import "server-only";
import {
  type Action,
  type Actor,
  administratorKinds,
  type OperationKind,
  type Role,
  type SubjectOf,
} from "./schema.ts";

type Rule<A extends Action> = (actor: Actor, subject: SubjectOf<A>) => boolean;

const everyone: readonly Role[] = ["viewer", "auditor", "operator", "administrator"];
const operators: readonly Role[] = ["operator", "administrator"];
const administrators: readonly Role[] = ["administrator"];

const rules: { [A in Action]: Rule<A> } = {
  "secret.create": roleIn(operators),
  "secret.adopt": roleIn(operators),
  "secret.edit": roleIn(operators),
  "secret.grant": (actor, { isAcrossStacks }) => roleIn(isAcrossStacks ? administrators : operators)(actor),
  "secret.revoke": roleIn(operators),
  // Who may rotate nothing in particular may rotate nothing.
  "secret.rotate": (actor, { secretIds }) =>
    secretIds.length > 0 && (actor.type === "schedule" || roleIn(operators)(actor)),
  "secret.roll-back": (actor, { isLeaked }) => roleIn(isLeaked ? administrators : operators)(actor),
  "secret.move-rest": roleIn(operators),
  "secret.put-back": roleIn(operators),
  "secret.take-over": roleIn(operators),
  "secret.retire": (actor) => actor.type === "schedule" || roleIn(administrators)(actor),
  "secret.keep": roleIn(operators),
  "secret.rotate-emergency": roleIn(administrators),
  // Before it rotates, whether that would change anything.
  "secret.compare": (actor) => actor.type === "schedule" || roleIn(operators)(actor),
  "secret.bind": roleIn(administrators),
  "secret.unbind": roleIn(operators),
  "secret.attach": roleIn(administrators),
  "secret.detach": roleIn(administrators),
  "secret.look": roleIn(operators),
  "secret.import": roleIn(administrators),
  "source.read": roleIn(operators),
  "source.edit": roleIn(administrators),
  "rotator.read": roleIn(operators),
  "rotator.edit": roleIn(administrators),
  "operation.stop": roleIn(operators),
  "operation.undo": byKind,
  "operation.decide": byKind,
  "audit.read": roleIn(everyone),
  "audit.verify": roleIn(["auditor", "administrator"]),
  "audit.export": roleIn(["auditor", "administrator"]),
  "person.read": roleIn(administrators),
  "person.invite": roleIn(administrators),
  "person.change": (actor, { personId }) =>
    roleIn(administrators)(actor) && !(actor.type === "person" && actor.personId === personId),
  "password.change": (actor, { personId }) => actor.type === "person" && actor.personId === personId,
  "session.revoke": (actor, { personId }) =>
    actor.type === "person" && (actor.personId === personId || actor.role === "administrator"),
  "setting.edit": roleIn(administrators),
  "automation.pause": roleIn(operators),
  "swarm.recognise": roleIn(administrators),
};

/** Whether the actor may do this to this subject: what a page asks before it offers something, and every verb again. */
export function isAllowed<A extends Action>(actor: Actor, action: A, subject: SubjectOf<A>): boolean {
  return rules[action](actor, subject);
}

/** The actions of this list that the actor may do: what a view carries as `can`. */
export function allowed<A extends Action>(actor: Actor, asked: { [K in A]: SubjectOf<K> }): A[] {
  return (Object.keys(asked) as A[]).filter((action) => isAllowed(actor, action, asked[action]));
}

function byKind(actor: Actor, { kind, isLeaked = false }: { kind: OperationKind | null; isLeaked?: boolean }): boolean {
  const isAdministrators = isLeaked || (kind !== null && administratorKinds.includes(kind));
  return roleIn(isAdministrators ? administrators : operators)(actor);
}

function roleIn(wanted: readonly Role[]): (actor: Actor) => boolean {
  return (actor) => actor.type === "person" && wanted.includes(actor.role);
}
