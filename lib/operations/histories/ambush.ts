import "server-only";
import { mayHaveSet } from "#lib/rotators/failure.ts";
import type { PlannedRotator } from "../planned-value.ts";
import { type Deed, Faults } from "./faults.ts";
import { runningWithPassword } from "./judge-passwords.ts";
import type { Run } from "./run.ts";
import { never } from "./run.ts";
import type { HistoryScene } from "./scene.ts";
import type { WriteSeen } from "./sight.ts";
import type { Timetable } from "./timetable.ts";
import { type Meeting, refusal, timeout } from "./worker-ports.ts";

/** Before the so-manyth call, or the so-manyth that changes the Swarm. */
type Before = { calls: number; isWrite: boolean };
type Armed = { countdown: number; isWrite: boolean; deed: Deed; times: number };

/** Lies in wait for the executor's calls: lets them fail, arrive late or meet another hand, and lets their worker die. */
export class Ambush {
  readonly #scene: HistoryScene;
  readonly #timetable: Timetable;
  readonly #faults: Faults;
  readonly #armed: Armed[] = [];
  readonly #answers = new Map<string, unknown>();

  constructor(scene: HistoryScene, timetable: Timetable) {
    this.#scene = scene;
    this.#timetable = timetable;
    this.#faults = new Faults(scene, timetable);
  }

  lay(deed: Deed, { calls: countdown, isWrite }: Before): void {
    this.#armed.push({ deed, countdown, isWrite, times: "times" in deed ? deed.times : 1 });
  }

  /** At once, or in wait for the next calls where it is about one. */
  do(deed: Deed): void {
    if (!this.#faults.do(deed)) this.lay(deed, { calls: "after" in deed ? deed.after : 0, isWrite: false });
  }

  /** From now on nothing goes wrong any more. */
  lift(): void {
    this.#armed.length = 0;
  }

  async meet(run: Run, meeting: Meeting): Promise<unknown> {
    if (run.isDead) return never();
    run.calls += 1;
    if (run.calls > mostCalls) throw new Error("R6: goes round and round");
    for (const { deed } of this.#due(meeting, (each) => !befallsACall(each))) {
      run.isDisturbed = true;
      this.#faults.do(deed);
    }
    if (run.worker !== "request") this.#stall(run, meeting);
    if (run.isStalled) await run.thawed();
    const [death] = this.#due(meeting, isFault("die"));
    const answer = death ? await this.#die(run, meeting, death.deed) : await this.#pass(run, meeting);
    return run.isDead ? never() : answer;
  }

  /** The whole process stands still, and knows nothing of it afterwards. */
  #stall(run: Run, meeting: Meeting): void {
    const [stall] = this.#due(meeting, isFault("stall"));
    if (!stall || !("seconds" in stall.deed)) return;
    const { seconds } = stall.deed;
    run.stall((goOn) => this.#timetable.add(this.#scene.model.now + seconds * 1000, goOn));
  }

  #due(meeting: Pick<Meeting, "isWrite">, isMeant: (deed: Deed) => boolean): Armed[] {
    const due: Armed[] = [];
    for (const armed of [...this.#armed]) {
      if (!isMeant(armed.deed) || (armed.isWrite && !meeting.isWrite)) continue;
      armed.countdown -= 1;
      if (armed.countdown >= 0) continue;
      due.push(armed);
      armed.times -= 1;
      if (armed.times <= 0) this.#armed.splice(this.#armed.indexOf(armed), 1);
    }
    return due;
  }

  async #die(run: Run, meeting: Meeting, deed: Deed): Promise<never> {
    const moment = "moment" in deed ? deed.moment : "before";
    if (moment === "after") await this.#pass(run, meeting).catch(() => undefined);
    if (moment === "on-the-way" && meeting.isWrite) this.#late(run, this.#writing(run, meeting));
    run.die();
    return never();
  }

  #pass(run: Run, meeting: Meeting): Promise<unknown> {
    if (meeting.port === "store") return this.#commit(run, meeting);
    return meeting.isWrite ? this.#write(run, meeting) : this.#read(run, meeting);
  }

  /** What is committed is what the judges believe of the executor. */
  async #commit(run: Run, { name, given, make }: Meeting): Promise<unknown> {
    const { follower, model } = this.#scene;
    // A real Postgres answers when the world has gone on, to one who has died meanwhile, too.
    const sentAt = model.now;
    const answer = await make();
    if (name === "insert") {
      const [operation] = given as [Parameters<typeof follower.inserted>[0]];
      run.operationId = operation.id;
      follower.inserted(operation);
    }
    if (name === "save" && (answer as { isSaved: boolean }).isSaved) {
      const [, save] = given as [unknown, Parameters<typeof follower.saved>[1]];
      follower.saved(run.operationId, save, { isDisturbed: run.isDisturbed, sentAt });
    }
    return answer;
  }

  async #read(run: Run, meeting: Meeting): Promise<unknown> {
    const { name, given, make } = meeting;
    // Whoever signs in is told what holds now.
    if (meeting.port === "rotators") return this.#signIn(run, meeting);
    const key = `${run.operationId} ${name} ${JSON.stringify(given)}`;
    const [stale] = this.#due(meeting, isFault("stale"));
    this.#scene.follower.looked(run.operationId);
    // Which Swarm it is, no manager of another one tells.
    if (stale && name !== "readCluster" && this.#answers.has(key)) {
      run.isDisturbed = true;
      return this.#answers.get(key);
    }
    const answer = await make();
    this.#answers.set(key, answer);
    return answer;
  }

  async #signIn(run: Run, { name, given, make }: Meeting): Promise<unknown> {
    const [{ rotatorId }] = given as [PlannedRotator];
    if (name === "test") this.#scene.follower.asked(run.operationId, rotatorId);
    return make();
  }

  /** A call on its way: it is judged when it is sent, and has its effect when it arrives. */
  #writing(run: Run, { name, given, make }: Meeting): { write: WriteSeen; arrive: () => Promise<unknown> } {
    const { follower } = this.#scene;
    const write = this.#scene.writeOf(run.operationId, name, given, run.isDisturbed);
    const isSwarmAway = this.#scene.model.outage !== null && write.rotator === null;
    if (!isSwarmAway && !run.isLate) follower.sent(write);
    const arrive = async () => {
      const before = this.#scene.writeOf(run.operationId, name, given, run.isDisturbed);
      const isThere = name !== "removeSecret" || this.#scene.model.secrets.has(before.subject);
      const takers = before.rotator ? runningWithPassword(this.#scene.sight) : [];
      const answer = await make();
      if (before.rotator) follower.setAnew(before, takers);
      if (isThere) follower.applied(before, answer);
      return answer;
    };
    return { write, arrive };
  }

  async #write(run: Run, meeting: Meeting): Promise<unknown> {
    const { follower } = this.#scene;
    const call = this.#writing(run, meeting);
    const [lost] = this.#due(meeting, isFault("lose-answer"));
    if (lost && "arrives" in lost.deed) {
      if (lost.deed.arrives === "now") await call.arrive().catch(() => undefined);
      if (lost.deed.arrives === "late") this.#late(run, call);
      follower.failed(call.write, "unanswered");
      throw timeout(meeting.port);
    }
    if (this.#due(meeting, isFault("refuse")).length > 0) {
      follower.failed(call.write, "refused");
      throw refusal(meeting.port);
    }
    try {
      return await call.arrive();
    } catch (error) {
      follower.failed(call.write, mayHaveSet(error) ? "unanswered" : "known");
      throw error;
    }
  }

  /** Within the minute after which nothing arrives any more; a process that stood still has used most of that up. */
  #late({ isLate }: Run, { write, arrive }: { write: WriteSeen; arrive: () => Promise<unknown> }): void {
    const { model, follower } = this.#scene;
    follower.maySet(write);
    const seconds = isLate ? 1 : 1 + ((model.now / 1000 + this.#answers.size * 7) % 50);
    this.#timetable.add(model.now + seconds * 1000, () => arrive().catch(() => undefined));
  }
}

const ofCalls = ["die", "lose-answer", "refuse", "stale", "stall"];

function befallsACall(deed: Deed): boolean {
  return "fault" in deed && ofCalls.includes(deed.fault);
}

function isFault(fault: string): (deed: Deed) => boolean {
  return (deed) => "fault" in deed && deed.fault === fault;
}

/** Far more than any round needs. */
const mostCalls = 2000;
