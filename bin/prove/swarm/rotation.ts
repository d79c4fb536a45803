import { randomUUID } from "node:crypto";
import { samplePermit } from "#lib/operations/sample.ts";
import type { Plan } from "#lib/operations/schema.ts";
import { startOperation } from "#lib/operations/start.ts";
import { administrator, type OwnSecret, type OwnService, Scene, type Stage } from "../scene.ts";
import { canonicalRest, type ServiceJson } from "./hands.ts";
import type { Fault } from "./judge.ts";
import { type Phase, phaseOfAsk, readStanding, type Standing, stepInside } from "./ledger.ts";
import type { Ask } from "./skep.ts";

export type RotationGround = { stage: Stage; databaseUrl: string; ownerUrl: string };

/** One rotation of one secret in two services, which a fault is to meet in one of its phases. */
export class Rotation {
  readonly ground: RotationGround;
  readonly fault: Fault;
  readonly phase: Phase;
  /** Faults of a kind differ from time to time: which service, which way. */
  readonly turn: number;
  readonly scene: Scene;
  readonly stack: string | null;
  /** What everything but references must be in the end, by service. */
  readonly rests = new Map<string, string>();
  operationId = "";
  /** The call before which an instance stands still, and which. */
  held: { ask: Ask; owner: string } | null = null;
  #letGo: (() => void) | null = null;
  #isMet = false;

  constructor(ground: RotationGround, fault: Fault, phase: Phase, turn: number) {
    this.ground = ground;
    this.fault = fault;
    this.phase = phase;
    this.turn = turn;
    this.scene = new Scene(ground.stage, ground.databaseUrl);
    this.stack = fault === "redeploy" ? `stack-${randomUUID().slice(0, 8)}` : null;
  }

  get name(): string {
    return `${this.fault} in ${this.phase}, turn ${this.turn}`;
  }

  get secret(): OwnSecret {
    return this.scene.secrets[0] as OwnSecret;
  }

  get services(): readonly OwnService[] {
    return this.scene.services;
  }

  /** Two services that run; the second one cannot run a new value where the rotation is to be undone. */
  async prepare(): Promise<void> {
    const secret = await this.scene.own();
    const isFailing = this.phase === "undo";
    const monitorSeconds = this.isSoakWithWrite ? 6 : 0.5;
    await this.scene.addService([secret], { stack: this.stack });
    await this.scene.addService([secret], { stack: this.stack, replicas: 1, isFailing, monitorSeconds });
    for (const { id } of this.services) this.rests.set(id, canonicalRest(await this.read(id)));
  }

  /** While the first service soaks the second is to be written to: so it is busy by another hand until then. */
  get isSoakWithWrite(): boolean {
    return this.fault === "frozen" && this.phase === "soak";
  }

  async read(serviceId: string): Promise<ServiceJson> {
    return this.ground.stage.api.call<ServiceJson>("GET", `/services/${serviceId}`);
  }

  async begin(): Promise<void> {
    const order = this.phase === "undo" ? "one-by-one" : "together";
    const plan = this.scene.rotation({ order }, { keepSeconds: 0 });
    const permit = samplePermit("secret.rotate", { secretIds: [this.secret.secretId] }, administrator);
    const { id } = await startOperation(permit, this.#fitted(plan), { ports: this.scene.ports });
    this.operationId = id;
  }

  /** A soak that is long enough to be met in the middle; a stack whose file was changed, as somebody says. */
  #fitted(plan: Plan): Plan {
    const soakSeconds = this.phase === "soak" ? (this.isSoakWithWrite ? 20 : 12) : 1;
    return {
      ...plan,
      changes: plan.changes.map((change) => ({ ...change, stack: this.stack, soakSeconds })),
      retire: plan.retire.map((version) => ({ ...version, isStackConfirmed: this.stack !== null })),
    };
  }

  /** What its calls are about: the services, the old object, the new one by its name. */
  get subjects(): string[] {
    return [this.secret.objectId, `${this.secret.name}_v2`, ...this.services.map(({ id }) => id)];
  }

  /** An instance asks before and after a call. In the phase where the fault is to come it stands still until it has come. */
  async asked(ask: Ask, owner: string): Promise<void> {
    if (this.#isMet || this.held) return;
    const standing = await this.standing();
    const isSecond = ask.subject === this.services[1]?.id && ask.moment === "before";
    const isSoak = this.isSoakWithWrite && phaseOfAsk(ask, standing) === "update" && isSecond;
    const isHere = isSoak || (phaseOfAsk(ask, standing) === this.phase && this.#isChosen(ask));
    if (!isHere || this.#isMet || this.held) return;
    this.held = { ask, owner };
    await new Promise<void>((resolve) => {
      this.#letGo = resolve;
    });
  }

  /** Two turns before the call, two after it. What is frozen is so before: its call is to come late. */
  get moment(): Ask["moment"] {
    return this.fault !== "frozen" && this.turn % 4 >= 2 ? "after" : "before";
  }

  /** Of several calls of a phase one is met: which, differs from turn to turn. A hand deploys nothing onto what fails. */
  #isChosen({ call, subject, moment }: Ask): boolean {
    if (moment !== this.moment) return false;
    const isHand = this.fault === "edit" || this.fault === "redeploy";
    if (this.phase === "undo") return subject === this.services[isHand || this.turn % 2 === 1 ? 0 : 1]?.id;
    if (this.phase === "update") return subject === this.services[this.turn % 2]?.id;
    if (this.phase === "removal") return (call === "update") === (this.turn % 3 === 2);
    return true;
  }

  standing(): Promise<Standing> {
    return readStanding(this.ground.ownerUrl, this.operationId);
  }

  /** Whether it is inside its phase at this moment, standing still before the call if it has one. */
  async isInside(): Promise<boolean> {
    if (this.operationId === "" || (this.held === null && (this.phase !== "soak" || this.isSoakWithWrite)))
      return false;
    return stepInside(this.phase, await this.standing()) !== null;
  }

  /** The fault has come: nothing of this rotation is held any more. */
  letGo(): void {
    this.#isMet = true;
    this.held = null;
    this.#letGo?.();
  }
}
