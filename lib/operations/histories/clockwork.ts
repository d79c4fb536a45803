import "server-only";
import { isAppError } from "#lib/errors.ts";
import { takeUp } from "../advance.ts";
import type { Ports } from "../ports.ts";
import { leaseSeconds, renewSeconds } from "../store-port.ts";
import type { Ambush } from "./ambush.ts";
import { Run } from "./run.ts";
import type { HistoryScene } from "./scene.ts";
import type { Timetable } from "./timetable.ts";
import { metPorts } from "./worker-ports.ts";

/** What stands between the executor and its ports: nothing, or a bug that is to be found. */
export type Plant = (ports: Ports) => Ports;

/** As the worker does it: longer waits hand the lease back. */
const longWaitSeconds = 25;

/** The slowest that a worker gets between two looks. */
const slowestSeconds = 20;

/** A look each second for as long as the longest deadlines last, and some more. */
const mostSteps = 50_000;

/** Two workers in virtual time: they find what is due, hold it, go on with it and let it go, as Skep's own do. */
export class Clockwork {
  readonly #scene: HistoryScene;
  readonly #timetable: Timetable;
  readonly #ambush: Ambush;
  readonly #plant: Plant;
  readonly #runs = new Set<Run>();
  #nextScanAt = 0;
  #scans = 0;

  constructor(given: { scene: HistoryScene; timetable: Timetable; ambush: Ambush; plant: Plant }) {
    this.#scene = given.scene;
    this.#timetable = given.timetable;
    this.#ambush = given.ambush;
    this.#plant = given.plant;
  }

  /** Something was written down that a worker is to take up. */
  scanSoon(): void {
    this.#nextScanAt = Math.min(this.#nextScanAt, this.#scene.model.now);
  }

  /** A person asked for something: whoever has the operation looks at once. */
  wake(operationId: string): void {
    for (const run of this.#runs) {
      if (run.operationId !== operationId) continue;
      run.work?.notice();
      run.wakeAt = this.#scene.model.now;
    }
    this.scanSoon();
  }

  /** An error with a code is an answer; anything else is a defect. */
  excuse(error: unknown): void {
    if (!isAppError(error)) this.#scene.sight.violations.push(`defect: ${String(error)}`);
  }

  /** The hold of one worker, or one request, on an operation; its calls are met on their way. */
  run(worker: string, operationId: string): Run {
    const run = new Run(worker, operationId);
    run.ports = this.#plant(metPorts(this.#scene.ports, (meeting) => this.#ambush.meet(run, meeting)));
    return run;
  }

  /** To this time, or until there is nothing left to do. */
  async until(time: number): Promise<void> {
    const { model, sight } = this.#scene;
    for (let steps = 0; ; steps += 1) {
      if (steps > mostSteps) throw new Error("the history's time stands still");
      const isAnyOpen = [...sight.operations.values()].some(({ state }) => state === "open");
      const wakes = this.#awake().map(({ wakeAt }) => wakeAt);
      const next = Math.min(
        this.#timetable.nextAt(),
        isAnyOpen ? this.#nextScanAt : Number.POSITIVE_INFINITY,
        ...wakes,
      );
      if (next > time) break;
      await this.elapse(Math.max(next, model.now));
      await this.#step();
    }
    await this.elapse(Math.max(time, model.now));
  }

  #awake(): Run[] {
    return [...this.#runs].filter(({ isStalled }) => !isStalled);
  }

  async elapse(time: number): Promise<void> {
    const { model } = this.#scene;
    while (this.#timetable.nextAt() <= time) {
      await this.#pass(Math.max(this.#timetable.nextAt(), model.now));
      await this.#timetable.run(model.now);
    }
    await this.#pass(time);
  }

  async #pass(time: number): Promise<void> {
    const { model, stage, follower } = this.#scene;
    const seconds = Math.max(0, time - model.now) / 1000;
    model.advance(seconds);
    follower.timePassed();
    await stage.pass(seconds);
  }

  async #step(): Promise<void> {
    const { model } = this.#scene;
    if (model.now >= this.#nextScanAt) await this.#scan();
    const due = this.#awake().filter(({ wakeAt }) => wakeAt <= model.now);
    await Promise.all(due.map((run) => this.#goOn(run)));
  }

  /** Leases are renewed, and what is due is taken up, by the one worker or the other. */
  async #scan(): Promise<void> {
    const { model, stage } = this.#scene;
    this.#nextScanAt = model.now + renewSeconds * 1000;
    this.#scans += 1;
    for (const run of this.#runs)
      if (run.lease && !run.isStalled) await stage.port.renew(run.lease).catch(() => undefined);
    const due = await stage.port.findDue(20).catch(() => []);
    for (const id of due) {
      const run = this.run(this.#scans % 2 === 0 ? "one" : "two", id);
      const asked = run.ports?.store.lease(id, run.worker).catch(() => null);
      const leased = await Promise.race([asked, run.died, run.stalled]);
      if (!leased || leased === "died" || leased === "stalled" || !run.ports) continue;
      run.lease = leased.lease;
      run.work = takeUp(leased, run.ports);
      run.wakeAt = model.now;
      this.#runs.add(run);
    }
  }

  async #goOn(run: Run): Promise<void> {
    const { model } = this.#scene;
    const { work, lease, ports } = run;
    if (!work || !lease || !ports) return;
    run.isDisturbed = run.pending !== null;
    run.isLate = run.isDisturbed;
    run.calls = 0;
    try {
      const working = run.pending ?? work.goOn();
      run.pending = null;
      const progress = await Promise.race([working, run.died, run.stalled]);
      if (progress === "stalled") {
        run.pending = working;
        working.catch(() => undefined);
        return;
      }
      if (progress === "died") return this.#let(run);
      const isLong = progress.state === "open" && progress.waitSeconds > longWaitSeconds;
      if (progress.state === "open" && !isLong) {
        run.wakeAt = model.now + this.#pauseOf(run, progress.waitSeconds) * 1000;
        return;
      }
      this.#runs.delete(run);
      work.forget();
      const released = ports.store.release(lease, isLong ? progress.waitSeconds : null);
      released.catch(() => undefined);
      await Promise.race([released, run.died, run.stalled]);
    } catch (error) {
      this.excuse(error);
      this.#let(run);
    }
  }

  /** As long as nothing at all is about to happen, each look comes later than the one before: a worker may be slow. */
  #pauseOf(run: Run, seconds: number): number {
    const isStill =
      this.#scene.model.rollout.nextAt() === null && this.#timetable.nextAt() === Number.POSITIVE_INFINITY;
    run.idleLooks = isStill ? run.idleLooks + 1 : 0;
    return Math.min(Math.max(0.05, seconds) * 2 ** run.idleLooks, Math.max(seconds, slowestSeconds));
  }

  /** Whoever comes next waits for the lease to run out. */
  #let(run: Run): void {
    this.#runs.delete(run);
    if (!run.isDead) run.work?.forget();
    this.#nextScanAt = Math.min(this.#nextScanAt, this.#scene.model.now + leaseSeconds * 1000);
  }
}
