import "server-only";
import type { Action } from "#lib/policy/schema.ts";
import { counted, elapsed, shownVersionId } from "#lib/words.ts";
import {
  describeCall,
  describeCallEnd,
  describeChanges,
  describeEnd,
  describeIntent,
  listNamed,
  quoted,
} from "./describe-operation.ts";
import type { EventActor, EventDetail, EventPart, EventType } from "./schema.ts";
import { type Phrase, plain, say } from "./sentence.ts";

/** One event as a sentence: who, then what. Names stand apart from words, so that a page can set them in another face. */
export function describeEvent(actorName: string, actor: EventActor, detail: EventDetail): EventPart[] {
  const phrase = (phrases[detail.type] as (detail: EventDetail) => Phrase)(detail);
  const head =
    actor.type === "outside"
      ? { text: "outside Skep:", isName: false }
      : { text: actorName, isName: false, isActor: true };
  const [first, ...rest] = phrase;
  if (!first) return [head];
  return first.isName
    ? [head, { text: " ", isName: false }, first, ...rest]
    : [head, { ...first, text: ` ${first.text}` }, ...rest];
}

type Phrases = { [T in EventType]: (detail: Extract<EventDetail, { type: T }>) => Phrase };

const phrases: Phrases = {
  "operation.intended": describeIntent,
  "operation.ended": describeEnd,
  "call.intended": ({ call }) => describeCall(call),
  "call.ended": describeCallEnd,
  "operation.stop-requested": ({ secrets }) => say`asked to stop the operation on ${listNamed(secrets)}`,
  "operation.undo-requested": ({ secrets }) => say`asked to undo the operation on ${listNamed(secrets)}`,
  "operation.undo-began": ({ secrets, because }) => say`began to undo ${listNamed(secrets)}: ${plain(quoted(because))}`,
  "operation.needs-attention": ({ secrets, because }) =>
    say`needs a person for ${listNamed(secrets)}: ${plain(quoted(because))}`,
  "operation.waited": ({ secrets, because, seconds }) =>
    say`waited ${plain(elapsed(seconds))} with ${listNamed(secrets)}, and goes on: ${plain(quoted(because))}`,
  "operation.taken-up": ({ secrets }) =>
    say`took up the operation on ${listNamed(secrets)} again: the process that had it ended, or stood still`,
  "operation.started-over": ({ secrets, because }) =>
    say`starts over with a fresh password for ${listNamed(secrets)}: ${plain(quoted(because))}`,
  "operation.decided": ({ secrets, choice }) => say`decided on ${listNamed(secrets)}: ${plain(words(choice))}`,
  "retirement.taken-back": ({ objectName }) => say`took back the removal of ${objectName}: it stays`,
  "retirement.requested": ({ objectName }) => say`asked for the removal of ${objectName}, when nothing can need it`,
  "permit.denied": ({ action, secrets, what }) =>
    secrets.length > 0
      ? say`was refused: ${plain(wordsOf(action))} ${listNamed(secrets)}`
      : say`was refused: ${plain(what || wordsOf(action))}`,
  "value.compared": ({ secret, answer }) =>
    say`asked whether a value is that of ${secret.name}: ${plain(answers[answer])}`,
  "session.signed-in": () => say`signed in`,
  "session.sign-in-refused": ({ account, because }) =>
    say`could not sign in as ${account}: ${plain(refusals[because])}`,
  "session.signed-out": () => say`signed out`,
  "session.revoked": ({ personName }) => say`ended a session of ${plain(personName)}`,
  "person.set-up": ({ person }) => say`made ${plain(person.name)} the first administrator`,
  "person.invited": ({ email, role }) => say`invited ${plain(`${email} as ${role}`)}`,
  "person.invitation-withdrawn": ({ email, role }) => say`withdrew the invitation of ${plain(`${email} as ${role}`)}`,
  "person.joined": ({ role }) => say`joined as ${plain(role)}`,
  "person.role-changed": ({ person, before, after }) => say`made ${plain(`${person.name} ${after}, ${before} before`)}`,
  "person.disabled": ({ person }) => say`disabled ${plain(person.name)}`,
  "person.enabled": ({ person }) => say`enabled ${plain(person.name)} again`,
  "person.password-link-made": ({ person }) => say`made a link for a new password of ${plain(person.name)}`,
  "person.reset-at-terminal": ({ person }) =>
    say`made a link for a new password of ${plain(person.name)}, for whoever sits at its machine's terminal`,
  "person.password-changed": ({ person }) => say`changed the password of ${plain(person.name)}`,
  "setting.changed": ({ name, before, after }) =>
    say`set the default ${plain(name)} from ${plain(`${quoted(before)} to ${quoted(after)}`)}`,
  "source.added": ({ source, what }) => say`added the source ${source.name}: ${plain(what)}`,
  "source.changed": ({ source, what }) => say`changed the source ${source.name}: ${plain(what)}`,
  "source.removed": ({ source }) => say`removed the source ${source.name}`,
  "source.webhook-key-changed": ({ source }) => say`made another webhook key for the source ${source.name}`,
  "secret.bound": ({ secret, source, path, mode, agreesWith }) =>
    say`bound ${secret.name} to ${path} at ${source.name}, ${plain(boundModes[mode] ?? mode)}${agreesWith === null ? [] : say`; the Swarm has version ${shownVersionId(agreesWith)}`}`,
  "secret.unbound": ({ secret, source, path }) => say`unbound ${secret.name} from ${path} at ${source.name}`,
  "rotator.added": ({ rotator, what }) => say`added the rotator ${rotator.name}: ${plain(what)}`,
  "rotator.changed": ({ rotator, what }) => say`changed the rotator ${rotator.name}: ${plain(what)}`,
  "rotator.removed": ({ rotator }) => say`removed the rotator ${rotator.name}`,
  "secret.attached": ({ secret, rotator, login }) =>
    say`attached ${secret.name} to the rotator ${rotator.name}${login === null ? [] : say`; it has the password of ${login}`}`,
  "secret.detached": ({ secret, rotator }) => say`detached ${secret.name} from the rotator ${rotator.name}`,
  "import.started": ({ source, count, mode }) =>
    say`began to import ${plain(counted(count, "secret"))} from ${source.name}; ${plain(boundModes[mode] ?? mode)}`,
  "import.retried": ({ source, count }) =>
    say`had ${plain(counted(count, "secret"))} of an import from ${source.name} tried again`,
  "import.stopped": ({ source, count }) =>
    say`stopped an import from ${source.name} before ${plain(counted(count, "secret"))}`,
  "automation.paused": ({ reason }) => say`paused all automatic work${plain(reason ? `: ${quoted(reason)}` : "")}`,
  "automation.resumed": () => say`resumed automatic work`,
  "outside.secret-created": ({ objectName }) => say`${objectName} was created`,
  "outside.secret-removed": ({ objectName }) => say`${objectName} was removed`,
  "outside.secret-relabelled": ({ objectName, labelKeys }) =>
    say`the labels of ${objectName} were changed${plain(labelKeys.length > 0 ? `, they now are ` : ", it has none now")}${listNamed(labelKeys.map((name) => ({ name })))}`,
  "outside.references-changed": ({ service, changes }) => say`${service.name} was changed: ${describeChanges(changes)}`,
  "swarm.rolled-back": ({ service, changes }) =>
    say`rolled ${service.name} back by itself: ${describeChanges(changes)}`,
  "swarm.recognised": ({ clusterId, before }) =>
    say`recognised the Swarm ${clusterId}${before ? say` in place of ${before}` : []}`,
  "audit.verified": ({ upTo, isConsistent }) =>
    say`verified the history up to ${plain(upTo.toLocaleString("en-GB"))}: ${plain(isConsistent ? "consistent" : "altered")}`,
  "audit.exported": ({ count: lines, filter }) =>
    say`exported ${plain(counted(lines, "line"))} of the history${plain(filter ? `, filtered by ${filter}` : "")}`,
};

const boundModes: Record<string, string> = {
  "by-itself": "new versions rotate by themselves",
  "after-yes": "new versions wait for a yes",
};
const answers = { equal: "it is", different: "it is not", unknown: "the Swarm did not say" };
const refusals = {
  wrong: "unknown account or wrong password",
  throttled: "too many attempts",
  disabled: "the account is disabled",
};

/** "secret.roll-back" is "roll back secret". */
function wordsOf(action: Action): string {
  const [subject = "", verb = ""] = action.split(".");
  return `${words(verb)} ${words(subject)}`;
}

function words(code: string): string {
  return code.replaceAll("-", " ");
}
