import "server-only";
import type { OperationKind } from "#lib/policy/schema.ts";
import type { FileAccess, ReferenceChange } from "#lib/swarm/schema.ts";
import { counted, elapsed, octal } from "#lib/words.ts";
import { type EventDetail, isRotatorCall, type OutsideCall, type RotatorCall, type Verification } from "./schema.ts";
import { listOf, type Phrase, plain, say } from "./sentence.ts";

type Intended = Extract<EventDetail, { type: "operation.intended" }>;
type Ended = Extract<EventDetail, { type: "operation.ended" }>;
type CallEnded = Extract<EventDetail, { type: "call.ended" }>;
type Named = { name: string }[];

/** "started rotating db_password to db_password_v8". */
export function describeIntent(detail: Intended): Phrase {
  const { kind, secrets, services, versions, reason, settings = [], sets = [] } = detail;
  const to = versions.length > 0 ? say` to ${listOf(versions.map(({ objectName }) => objectName))}` : [];
  const objects = versions.length > 0 ? listOf(versions.map(({ objectName }) => objectName)) : listNamed(secrets);
  const what = listNamed(secrets);
  const where = listNamed(services);
  const phrases: Record<OperationKind, Phrase> = {
    create: say`started creating ${what}${services.length > 0 ? say` for ${where}` : []}`,
    adopt: say`started adopting ${what}`,
    edit: say`started editing the settings of ${what}${plain(describeSettings(settings))}`,
    grant: say`started granting ${what} to ${where}`,
    revoke: say`started revoking ${what} from ${where}`,
    rotate: say`started rotating ${what}${to}`,
    "roll-back": say`started rolling ${what} back${to}`,
    "move-rest": say`started moving ${where} to the current version of ${what}`,
    "put-back": say`started putting ${where} back on ${what}`,
    "take-over": say`started taking over how ${where} mounts ${what}`,
    retire: say`started retiring ${objects}`,
    keep: say`started taking back the retirement of ${what}`,
    "rotate-emergency": say`started an emergency rotation of ${what}${to}`,
  };
  const phrase = say`${phrases[kind]}${describeSources(versions)}${describeSets(sets)}`;
  return reason ? say`${phrase}: ${plain(quoted(reason))}` : phrase;
}

/** " with version 7 of shop/db at vault". */
function describeSources(versions: Intended["versions"]): Phrase {
  const [first, ...rest] = versions.flatMap(({ from }) => from ?? []);
  if (!first) return [];
  const version = first.version === null ? [] : say`version ${first.version} of `;
  return say` with ${version}${first.path} at ${first.source}${plain(rest.length > 0 ? ` and ${rest.length} more` : "")}`;
}

/** " and setting the password of app_b at orders". */
function describeSets(sets: NonNullable<Intended["sets"]>): Phrase {
  const [first, ...rest] = sets;
  if (!first) return [];
  return say` and setting ${passwordOf(first)}${plain(rest.length > 0 ? ` and ${rest.length} more` : "")}`;
}

/** ": owner “shop” to “ops”, keep time 24 h to 7 days, description". */
function describeSettings(settings: NonNullable<Intended["settings"]>): string {
  const texts = settings.map(({ name, before, after }) =>
    before === null || after === null ? name : `${name} ${quoted(before)} to ${quoted(after)}`,
  );
  return texts.length > 0 ? `: ${texts.join(", ")}` : "";
}

/** "rotated db_password, 3 services in 29 s", or in how far not. */
export function describeEnd(detail: Ended): Phrase {
  const { kind, outcome, secrets, services, leftOut, seconds, verification = "verified" } = detail;
  const what = listNamed(secrets);
  const doing = say`${plain(doings[kind])} ${what}`;
  const extent = services.length > 0 ? `, ${counted(services.length, "service")} in ${elapsed(seconds)}` : "";
  if (outcome === "undone") return say`undid ${doing}: all services are on the old version again`;
  if (outcome === "stopped-mixed") return say`stopped ${doing} half-way: some services moved, some did not`;
  if (outcome === "failed-nothing-changed") return say`ended ${doing}: it failed, nothing was changed`;
  if (outcome === "accepted") return say`ended ${doing}: left as it is, by a person's decision`;
  const done = say`${plain(deeds[kind])} ${what}${plain(extent + known[verification])}`;
  return leftOut.length > 0 ? say`${done}; left out: ${listNamed(leftOut)}` : done;
}

const known: Record<Verification, string> = {
  verified: "",
  "running-not-verified": "; running, not verified",
  "unverified-asleep": "; unverified until all of them have run",
};

export function describeCall(call: OutsideCall): Phrase {
  if (isRotatorCall(call)) return say`is about to ${rotatorText(call)}`;
  if (call.call === "secret.create") return say`is about to create ${call.objectName}`;
  if (call.call === "secret.remove") return say`is about to remove ${call.objectName}`;
  if (call.why === "release") return say`is about to let ${call.service.name} forget its previous spec`;
  if (call.why === "fence") return say`is about to make a late write to ${call.service.name} miss`;
  const again = call.why === "undo" ? " back" : "";
  return say`is about to move ${call.service.name}${plain(again)}: ${describeChanges(call.changes)}`;
}

export function describeCallEnd({ call, result, seen }: CallEnded): Phrase {
  const because = seen ? `: ${quoted(seen)}` : "";
  if (result === "unknown") return say`cannot know whether ${subjectOf(call)} was changed${plain(because)}`;
  if (result === "not-applied") return say`did not change ${subjectOf(call)}${plain(because)}`;
  return say`${describeDeed(call)}${plain(seen ? `; no answer came, but it was seen: ${quoted(seen)}` : "")}`;
}

function describeDeed(call: OutsideCall): Phrase {
  if (isRotatorCall(call)) return rotatorText(call, "told");
  if (call.call === "secret.create") return say`created ${call.objectName}`;
  if (call.call === "secret.remove") return say`removed ${call.objectName}`;
  if (call.why === "release") return say`let ${call.service.name} forget its previous spec`;
  if (call.why === "fence") return say`made a late write to ${call.service.name} miss`;
  return say`moved ${call.service.name}${plain(call.why === "undo" ? " back" : "")}: ${describeChanges(call.changes)}`;
}

/** "db_password_v7 to db_password_v8 at db_password", each of a few and the first of many. */
export function describeChanges(changes: ReferenceChange[]): Phrase {
  const shown = changes.length > 4 ? changes.slice(0, 3) : changes;
  const [first, ...others] = shown.map(describeChange);
  if (!first) return plain("nothing");
  const rest = changes.length - shown.length;
  const more = rest > 0 ? plain(` and ${counted(rest, "more change")}`) : [];
  return others.reduce((all, each) => say`${all}, ${each}`, first).concat(more);
}

function describeChange(change: ReferenceChange): Phrase {
  const from = change.fromObjectName ?? change.fromObjectId ?? "";
  const to = change.toObjectName ?? change.toObjectId ?? "";
  if (change.change === "added") return say`${to} added at ${change.target}`;
  if (change.change === "removed") return say`${from} taken from ${change.target}`;
  if (change.change !== "file-set") return say`${from} to ${to} at ${change.target}`;
  const access = plain(`, ${accessText(change)}`);
  if (change.fromObjectId === change.toObjectId) return say`${to} at ${change.target}${access}`;
  return say`${from} to ${to} at ${change.target}${access}`;
}

/** "0:0 0444 to 1000:1000 0400". */
function accessText({ fromFile, ...to }: ReferenceChange): string {
  const text = ({ uid, gid, mode }: FileAccess) => `${uid}:${gid} ${octal(mode)}`;
  return fromFile ? `${text(fromFile)} to ${text(to)}` : text(to);
}

/** "set the password of app_b at orders": what is set now, or is about to be. */
function rotatorText(call: RotatorCall, tell = "tell"): Phrase {
  const { rotator, login } = call;
  if (call.call === "rotator.set") return say`set ${passwordOf({ rotator, login })}`;
  if (call.locks === undefined) return say`${plain(tell)} ${rotator.name} that the old value is not needed`;
  const old = call.locks === null ? say`value` : say`password of ${call.locks}`;
  return say`${plain(tell)} ${rotator.name} that the old ${old} has leaked and must not work`;
}

function passwordOf({ rotator, login }: Pick<RotatorCall, "rotator" | "login">): Phrase {
  return login === null ? say`the password at ${rotator.name}` : say`the password of ${login} at ${rotator.name}`;
}

function subjectOf(call: OutsideCall): string {
  if (isRotatorCall(call)) return call.rotator.name;
  return call.call === "service.update" ? call.service.name : call.objectName;
}

export function listNamed(named: Named): Phrase {
  return listOf(named.map(({ name }) => name));
}

export function quoted(text: string): string {
  return `“${text}”`;
}

const deeds: Record<OperationKind, string> = {
  create: "created",
  adopt: "adopted",
  edit: "edited the settings of",
  grant: "granted",
  revoke: "revoked",
  rotate: "rotated",
  "roll-back": "rolled back",
  "move-rest": "moved services to the current version of",
  "put-back": "put back",
  "take-over": "took over",
  retire: "retired versions of",
  keep: "took back the retirement of",
  "rotate-emergency": "rotated, as an emergency,",
};

const doings: Record<OperationKind, string> = {
  create: "creating",
  adopt: "adopting",
  edit: "editing the settings of",
  grant: "granting",
  revoke: "revoking",
  rotate: "rotating",
  "roll-back": "rolling back",
  "move-rest": "moving services to the current version of",
  "put-back": "putting back",
  "take-over": "taking over",
  retire: "retiring versions of",
  keep: "taking back the retirement of",
  "rotate-emergency": "the emergency rotation of",
};
