import "server-only";
import { AppError } from "#lib/errors.ts";
import { deadPassword } from "#lib/grants/dead-password.ts";
import type { Facts } from "#lib/grants/facts.ts";
import type { AttachmentRecord, SecretRecord } from "#lib/grants/records.ts";
import { warning } from "#lib/grants/warnings.ts";
import type { PlannedRotator } from "#lib/operations/planned-value.ts";
import type { Plan, PlanWarning } from "#lib/operations/schema.ts";
import { keepsOldValue } from "#lib/rotators/schema.ts";
import { fieldsOfTemplate } from "#lib/sources/template.ts";
import { agreeing, someOf } from "#lib/words.ts";
import { type Member, namesOf, requireAttachment } from "./new-version.ts";
import { outsideWarnings } from "./outside-warnings.ts";
import { hasUsers, usersInside } from "./password-users.ts";

/** The other sides whose passwords the members get, each once. `isLeaked`: the old value must stop working in the end. */
export function rotatorsOfMembers(
  facts: Facts,
  members: readonly Member[],
  { isLeaked }: { isLeaked: boolean },
): PlannedRotator[] {
  for (const member of members) requireOrigin(member);
  const rotated = members.filter(({ input }) => input.source === "rotator");
  refuseMixed(members, rotated);
  const byRotator = Map.groupBy(rotated, ({ record }) => requireAttachment(record).rotatorId);
  return [...byRotator.values()].map((together) => plannedRotator(facts, together, isLeaked));
}

/** A value that the other side never heard of would shut every service out. */
function requireOrigin({ record: { name, attachment }, input: { source } }: Member): void {
  if (source === "rotator" || !attachment) return;
  const sentence = `The password in ${name} is set at ${attachment.rotatorName}, which would not know another one. Have it set there, or detach the secret first.`;
  throw new AppError("invalid-input", sentence, { field: "source" });
}

/** What only a request has is lost with it, and what is set elsewhere goes on without: one operation cannot be both. */
function refuseMixed(members: readonly Member[], rotated: readonly Member[]): void {
  const ofRequest = members.filter(({ input: { source } }) => source === "typed" || source === "shown");
  if (rotated.length === 0 || ofRequest.length === 0) return;
  const names = namesOf(ofRequest.map(({ record }) => record));
  const sentence = `A person enters or sees the value of ${names}, and that of ${namesOf(rotated.map(({ record }) => record))} is set by a rotator. Rotate them apart.`;
  throw new AppError("invalid-input", sentence, { field: "source" });
}

/**
 * A leak does not wait for services that have the login whose turn it is: they are shut out until they have moved, so
 * that from then on the only way is forward.
 */
function plannedRotator(facts: Facts, together: readonly Member[], isLeaked: boolean): PlannedRotator {
  const [first] = together;
  if (!first) throw new Error("a rotator of no secret");
  const attachment = requireAttachment(first.record);
  const { rotatorId, rotatorName, settings, generator } = attachment;
  requireWhole(together, attachment);
  if (!settings) {
    const sentence = `The settings of the rotator ${rotatorName} are not complete. Enter them again in Settings, Rotators.`;
    throw new AppError("invalid-input", sentence, { field: "source" });
  }
  const oldLogin = loginOf(together, attachment);
  const login = settings.logins.find((each) => each !== oldLogin) ?? oldLogin;
  const isInTheWay = login !== oldLogin && hasUsers(facts, { rotatorId }, login, together);
  return {
    rotatorId,
    rotatorName,
    login,
    oldLogin,
    generator,
    keepsOld: keepsOldValue(settings) && !(isLeaked && isInTheWay),
    locksOld: isLeaked,
    needsFinish: settings.kind === "http" || (isLeaked && login !== oldLogin),
  };
}

/** One password is in all of them. */
function requireWhole(together: readonly Member[], { rotatorName, together: attached }: AttachmentRecord): void {
  const chosen = new Set(together.map(({ record: { id } }) => id));
  const missing = attached.filter(({ id }) => !chosen.has(id)).map(({ name }) => name);
  if (missing.length === 0) return;
  const sentence = `${someOf(missing)} ${agreeing(missing.length, "has", "have")} the same password of ${rotatorName}. Rotate them together, or detach what is retired.`;
  throw new AppError("invalid-input", sentence, { field: "source" });
}

/** Whose password services have now: where that is not known, the wrong one of two might be set. */
function loginOf(together: readonly Member[], { rotatorId, rotatorName, settings }: AttachmentRecord): string | null {
  const logins = settings?.logins ?? [];
  if (logins.length === 0) return null;
  const current = together.map(({ record }) => record.versions.find(({ state }) => state === "current"));
  const known = new Set(current.map((version) => (version?.rotatorId === rotatorId ? version.login : null)));
  const [login = null] = known;
  if (known.size === 1 && login !== null && logins.includes(login)) return login;
  if (logins.length === 1 && logins[0]) return logins[0];
  const names = namesOf(together.map(({ record }) => record));
  const sentence = `Which login of ${rotatorName} ${names} ${agreeing(together.length, "has", "have")} now is not known. Detach and attach again, and say which.`;
  throw new AppError("invalid-input", sentence, { field: "source" });
}

/** What an operator should know of the other side before she presses. */
export function rotatorWarnings(facts: Facts, plan: Plan, members: readonly Member[]): PlanWarning[] {
  return (plan.rotators ?? []).flatMap((rotator) => [
    ...oneWayWarning(plan, rotator),
    ...shutOutWarning(facts, plan, rotator, members),
    ...outsideWarnings(facts, rotator, members),
    ...namelessWarning(rotator, members),
  ]);
}

function oneWayWarning({ changes }: Plan, { rotatorName, login, oldLogin, keepsOld }: PlannedRotator): PlanWarning[] {
  // Of two logins the services that it is about are named.
  if (keepsOld || login !== oldLogin) return [];
  const whose = login === null ? "password" : `password of ${login}`;
  const left = changes.filter(({ leftOut }) => leftOut !== null).map(({ serviceName }) => serviceName);
  const out =
    left.length > 0 ? ` ${someOf(left)} ${agreeing(left.length, "is", "are")} left out, and cannot until moved.` : "";
  const sentence = `Once the ${whose} is set at ${rotatorName}, services with the old one cannot sign in anew until they have moved. From then on it only goes forward: no stop, no undo.${out}`;
  return [warning("password-is-one-way", sentence)];
}

/** Of two logins, the one that gets the new password must be nobody's. */
function shutOutWarning(
  facts: Facts,
  { changes }: Plan,
  rotator: PlannedRotator,
  members: readonly Member[],
): PlanWarning[] {
  const { rotatorName, login, oldLogin, locksOld } = rotator;
  if (login === null || login === oldLogin) return [];
  const users = usersInside(facts, rotator, login, members);
  if (users.length === 0) return [];
  const [has, it] = [agreeing(users.length, "has", "have"), agreeing(users.length, "it", "they")];
  const have = `${someOf(users.map(({ name }) => name))} still ${has} the password of ${login} at ${rotatorName}, which is to be set anew`;
  if (locksOld) {
    const moving = new Set(changes.flatMap(({ serviceId, leftOut }) => (leftOut === null ? serviceId : [])));
    const staying = users.filter(({ id }) => !moving.has(id)).map(({ name }) => name);
    const lost = staying.length > 0 ? ` Nothing moves ${someOf(staying)}.` : "";
    const sentence = `${have}: until ${it} ${has} moved ${it} cannot sign in anew.${lost} The leak does not wait for that. From then on it only goes forward: no stop, no undo.`;
    return [warning("password-is-one-way", sentence)];
  }
  const sentence = `${have}. Move ${agreeing(users.length, "it", "them")} to the current version first, on the secret's page.`;
  return [warning("login-in-use", sentence, { blocks: true })];
}

/** By turns the user changes with the password: who is told of the password alone signs in as the wrong one. */
function namelessWarning(
  { rotatorId, rotatorName, login, oldLogin }: PlannedRotator,
  members: readonly Member[],
): PlanWarning[] {
  if (login === oldLogin) return [];
  const own = members.flatMap(({ record: { attachment } }) => (attachment?.rotatorId === rotatorId ? attachment : []));
  if (own.some(({ template }) => fieldsOfTemplate(template).includes("user"))) return [];
  const sentence = `Services would get the password of ${login} and go on signing in as ${oldLogin}: nothing that is attached to ${rotatorName} says the user's name. Attach a secret that is written with {{user}} to it, or write this one so.`;
  return [warning("user-not-written", sentence, { blocks: true })];
}

/**
 * Why services cannot go back to a version, where its secret is attached; null where they can. One secret alone would
 * have the user of one login beside the password of the other.
 */
export function whyNotBack(record: SecretRecord, versionId: string): string | null {
  const { id, attachment, versions } = record;
  const version = versions.find((each) => each.id === versionId);
  if (!attachment || !version || version.state === "current") return deadPassword(record, versionId);
  const { rotatorName, together } = attachment;
  const others = together.filter((other) => other.id !== id).map(({ name }) => name);
  if (others.length > 0) {
    return `${someOf(others)} ${agreeing(others.length, "has", "have")} the same password of ${rotatorName}, and would stay with the present one. Rotate them together instead.`;
  }
  const { number, state, isLeaked } = version;
  if (state === "abandoned") {
    return `v${number} was given up, and whether ${rotatorName} takes its password is not known. Rotate to a new one instead.`;
  }
  if (isLeaked) {
    return `The password in v${number} has leaked, and ${rotatorName} was to take it no more. Rotate to a new one instead.`;
  }
  return deadPassword(record, versionId);
}
