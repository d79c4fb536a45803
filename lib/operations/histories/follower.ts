import "server-only";
import { type EventDetail, isRotatorCall, type OutsideCall } from "#lib/audit/schema.ts";
import { attemptLabel, operationLabel, versionLabel } from "#lib/swarm/labels.ts";
import type { NewOperation, Save } from "../store-port.ts";
import { shutOutBy, signsIn, type Taker } from "./judge-passwords.ts";
import { endJudges, saveJudges, writeJudges } from "./judges.ts";
import { changesBetween, isEffective } from "./reference-diff.ts";
import { type Followed, referencesOf, type Sight, type WriteSeen } from "./sight.ts";

/** Follows every operation from outside, and lets the judges look at each thing as it happens. */
export class Follower {
  readonly sight: Sight;

  constructor(sight: Sight) {
    this.sight = sight;
  }

  inserted({ id, plan, actor, events }: NewOperation): void {
    const { services } = this.sight.model;
    const own = new Set(plan.secrets.map(({ secretId }) => secretId));
    for (const other of this.sight.operations.values()) {
      const isShared = other.operation.plan.secrets.some(({ secretId }) => own.has(secretId));
      if (isShared && other.endedAt === null) this.#say([`R9: ${id} begins while ${other.operation.id} is open`]);
    }
    const followed: Followed = {
      operation: { id, kind: plan.kind, plan, actor },
      startedAt: this.sight.now(),
      endedAt: null,
      before: new Map([...services].map(([serviceId, { spec }]) => [serviceId, referencesOf(spec)])),
      events: [],
      open: [],
      intendedAt: new Map(),
      undosTried: new Set(),
      made: new Map(),
      forward: new Map(),
      undone: new Set(),
      unsure: new Set(),
      failedFirst: null,
      hasShown: false,
      holds: new Set(),
      underWay: new Set(),
      personsWish: new Set(),
      state: "open",
      checkedAt: null,
      isRecorded: false,
      givenUp: new Set(),
      isOneWay: false,
    };
    this.sight.operations.set(id, followed);
    this.#note(followed, { events }, followed.startedAt);
  }

  saved(operationId: string, save: Save, given: { isDisturbed: boolean; sentAt: number }): void {
    const followed = this.sight.operations.get(operationId);
    if (!followed) return;
    for (const judge of saveJudges) this.#say(judge(this.sight, followed, save, given));
    this.#note(followed, save, given.isDisturbed ? followed.startedAt : given.sentAt);
    if (followed.endedAt !== null) for (const judge of endJudges) this.#say(judge(this.sight, followed));
  }

  /** Just before a call goes out: what was written down must allow it, and so must the Swarm as it is. */
  sent(write: WriteSeen): void {
    const followed = this.sight.operations.get(write.operationId);
    if (!followed) {
      this.#say([`R14: ${write.name} ${write.subject} by an operation that nobody wrote down`]);
      return;
    }
    for (const judge of writeJudges) this.#say(judge(this.sight, followed, write));
  }

  applied(write: WriteSeen, answer: unknown): void {
    const followed = this.sight.operations.get(write.operationId);
    if (!followed) return;
    // What other sides take after the end is looked at by who can still sign in.
    if (followed.endedAt !== null && write.rotator === null)
      this.#say([`R10: ${write.name} ${write.subject} has its effect after the end`]);
    if (write.name === "createSecret") this.#made(followed, write, (answer as { id: string }).id);
    if (write.name === "updateService" && write.service && write.spec) this.#updated(followed, write);
    if (write.rotator === null) this.timePassed();
  }

  /**
   * The answer is a refusal, or there is none: before the next call somebody has to look. The other side's own refusal
   * says all there is to know, and to tell it twice that it is over changes nothing.
   */
  failed(write: WriteSeen, answer: "unanswered" | "refused" | "known"): void {
    const key = `${write.operationId} ${write.subject}`;
    const { refusals, unseen } = this.sight;
    if (answer === "refused") refusals.set(key, (refusals.get(key) ?? 0) + 1);
    const isToAsk = write.name === "set" && answer === "unanswered" && !write.isDisturbed;
    if (write.rotator === null || isToAsk) unseen.add(key);
    if (answer === "unanswered") this.maySet(write);
  }

  looked(operationId: string): void {
    const { unseen, attachment } = this.sight;
    for (const key of unseen) {
      if (key.startsWith(`${operationId} `) && key !== `${operationId} ${attachment?.rotatorId}`) unseen.delete(key);
    }
  }

  /** Somebody signed in with the password, or tried to. */
  asked(operationId: string, rotatorId: string): void {
    this.sight.unseen.delete(`${operationId} ${rotatorId}`);
  }

  /** The other side has taken a password, or may yet. */
  maySet({ name, operationId, rotator }: WriteSeen): void {
    const followed = this.sight.operations.get(operationId);
    const planned = followed?.operation.plan.rotators?.find(({ rotatorId }) => rotatorId === rotator?.rotatorId);
    if (followed && name === "set" && planned?.keepsOld === false) followed.isOneWay = true;
  }

  /** What it takes has changed: whoever could sign in before still can. */
  setAnew(write: WriteSeen, takers: readonly Taker[]): void {
    this.maySet(write);
    this.#say(shutOutBy(this.sight, write, takers));
    this.timePassed();
  }

  timePassed(): void {
    this.#say(signsIn(this.sight));
  }

  wished(operationId: string, wish: "stop" | "undo" | "accept" | "try-again"): void {
    const followed = this.sight.operations.get(operationId);
    if (!followed) return;
    followed.state = "open";
    if (wish === "try-again") this.#anew(followed);
    else followed.personsWish.add(wish);
    for (const key of this.sight.refusals.keys()) {
      if (key.startsWith(`${operationId} `)) this.sight.refusals.delete(key);
    }
  }

  /** What is tried again begins from what there is: the Swarm may have put a service back, or another hand a part of it. */
  #anew(followed: Followed): void {
    for (const [id, changes] of followed.forward) {
      followed.undone.delete(id);
      const service = this.sight.model.services.get(id);
      const now = new Map(service ? referencesOf(service.spec).map(({ File, SecretID }) => [File.Name, SecretID]) : []);
      const isAsMoved = [...changes].every(([target, { to }]) => (now.get(target) ?? null) === to);
      if (!isAsMoved) followed.forward.delete(id);
    }
  }

  #made(followed: Followed, { labels, subject }: WriteSeen, objectId: string): void {
    const { owned, versionNumbers } = this.sight;
    owned.add(objectId);
    const planned = followed.operation.plan.create.find((each) => each.versionId === labels[versionLabel]);
    const number = Number(/\d+$/.exec(subject)?.[0] ?? 0);
    if (planned) {
      const { secretId, versionId } = planned;
      versionNumbers.set(secretId, [...(versionNumbers.get(secretId) ?? []), { versionId, number }]);
    }
    const versionId = labels[versionLabel] ?? labels[operationLabel] ?? labels[attemptLabel] ?? "";
    followed.made.set(versionId, [...(followed.made.get(versionId) ?? []), objectId]);
    if (planned?.value.from !== "rotator") return;
    this.sight.passwords.add(objectId);
    this.sight.untested.add(objectId);
  }

  #updated(followed: Followed, { subject, service, spec }: WriteSeen): void {
    if (!service || !spec) return;
    // Told a moment after it happened: another hand may have come in between.
    const isLast = JSON.stringify(this.sight.model.services.get(subject)?.spec) === JSON.stringify(spec);
    if (isLast) this.sight.lastHand.set(subject, { by: followed.operation.id, at: this.sight.now() });
    const changes = changesBetween(referencesOf(service.spec), referencesOf(spec));
    if (!isEffective(changes)) return;
    if (this.sight.deployed.has(subject)) {
      for (const { from } of changes.values()) if (from) this.sight.takenOutAt.set(from, this.sight.now());
    }
    followed.unsure.delete(subject);
    if (followed.forward.has(subject)) followed.undone.add(subject);
    else followed.forward.set(subject, changes);
    followed.holds.add(subject);
    followed.underWay.add(subject);
  }

  /** `decidedAt`: when whoever saved it knew what was so. */
  #note(followed: Followed, { events = [], steps = [], operation, unlock = [] }: Save, decidedAt: number): void {
    for (const event of events) {
      if (event.detail.type === "operation.started-over") this.#startedOver(followed);
      followed.events.push(event);
      this.#noteCall(followed, event.detail, decidedAt);
    }
    for (const step of steps) {
      if (step.name.startsWith("watch") && step.endedAt) followed.underWay.delete(step.subjectId);
      if (step.name === "check" && step.state === "done") followed.checkedAt = this.sight.now();
      if (step.name === "record" && step.state === "done") followed.isRecorded = true;
      for (const { id } of step.facts.givenUp ?? []) followed.givenUp.add(id);
      if (step.name === "test" && step.state === "done") this.#tested(followed);
    }
    if (operation?.direction === "undoing") followed.failedFirst = operation.attention?.stepKey?.split(":")[1] ?? null;
    if (steps.some(({ name, state }) => name === "watch" && state === "done")) followed.hasShown = true;
    for (const id of unlock === "all" ? [...followed.holds] : unlock) followed.holds.delete(id);
    if (operation?.state) followed.state = operation.state;
    if (operation?.state === "ended") followed.endedAt = this.sight.now();
  }

  /** With a fresh password there is nothing to look for. */
  #startedOver({ operation: { id, plan } }: Followed): void {
    for (const { rotatorId } of plan.rotators ?? []) this.asked(id, rotatorId);
  }

  #tested({ operation, made, givenUp }: Followed): void {
    for (const { versionId } of operation.plan.create) {
      for (const id of made.get(versionId) ?? []) if (!givenUp.has(id)) this.sight.untested.delete(id);
    }
  }

  #noteCall({ open, intendedAt, undosTried, unsure }: Followed, detail: EventDetail, decidedAt: number): void {
    if (detail.type === "call.intended") {
      if (detail.call.call === "service.update" && detail.call.why === "undo") undosTried.add(detail.call.service.id);
      open.push({ key: callKey(detail), call: detail.call });
      const subject = subjectOf(detail.call);
      intendedAt.set(subject, intendedAt.get(subject) ?? decidedAt);
    }
    if (detail.type !== "call.ended") return;
    const { call, result } = detail;
    if (call.call === "service.update" && call.changes.length > 0 && result === "unknown") unsure.add(call.service.id);
    const index = open.findIndex(({ key }) => key === callKey(detail));
    if (index === -1) this.#say([`R14: an end without an intent: ${callKey(detail)}`]);
    else open.splice(index, 1);
  }

  #say(violations: readonly string[]): void {
    this.sight.violations.push(...violations);
  }
}

/** What a call is about. A secret whose next number was taken meanwhile gets the one after. */
function subjectOf(call: OutsideCall): string {
  if (isRotatorCall(call)) return call.rotator.id;
  if (call.call === "secret.create") return call.secret.id;
  return call.call === "secret.remove" ? call.objectId : call.service.id;
}

function callKey({ step, attempt, call }: { step: string; attempt: number; call: OutsideCall }): string {
  const what = call.call === "service.update" ? ` ${call.why} ${call.versionIndex}` : "";
  return `${step}#${attempt} ${call.call}${what}`;
}
