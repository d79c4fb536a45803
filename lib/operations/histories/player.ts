import "server-only";
import { decideAttention } from "../requests/decide.ts";
import { requestStop } from "../requests/stop.ts";
import { requestUndo } from "../requests/undo.ts";
import { samplePermit, sampleStarter } from "../sample.ts";
import type { AttentionChoice } from "../schema.ts";
import { startOperation } from "../start.ts";
import { Ambush } from "./ambush.ts";
import { Clockwork, type Plant } from "./clockwork.ts";
import type { Happening, HistoryDrawn, Start } from "./history-schema.ts";
import { passwordsGivenUp } from "./judge-passwords.ts";
import type { PlanFacts } from "./plan-facts.ts";
import { planOf } from "./plans.ts";
import type { HistoryScene } from "./scene.ts";
import type { Followed } from "./sight.ts";
import { Timetable } from "./timetable.ts";

const administrator = { ...sampleStarter, role: "administrator" } as const;

/** Plays a history on a scene: two workers, in virtual time, and everything that happens in between. */
export class Player {
  readonly #scene: HistoryScene;
  readonly #ambush: Ambush;
  readonly #clockwork: Clockwork;

  constructor(scene: HistoryScene, plant: Plant = (ports) => ports) {
    const timetable = new Timetable();
    this.#scene = scene;
    this.#ambush = new Ambush(scene, timetable);
    this.#clockwork = new Clockwork({ scene, timetable, ambush: this.#ambush, plant });
  }

  async play({ ambush, first, acts, answers }: HistoryDrawn): Promise<void> {
    if (ambush) this.#ambush.lay(ambush.deed, ambush.before);
    await this.#make(first);
    for (const { afterSeconds, before, happening } of acts) {
      await this.#clockwork.until(this.#scene.model.now + afterSeconds * 1000);
      const isDeed = "hand" in happening || "fault" in happening;
      if (before && isDeed) this.#ambush.lay(happening, before);
      else await this.#make(happening);
    }
    await this.#toTheEnd(answers);
  }

  async #make(happening: Happening): Promise<void> {
    if ("verb" in happening) return this.#start(happening);
    if ("person" in happening) return this.#person(happening.person);
    this.#ambush.do(happening);
  }

  /** As a request does it: the plan from fresh reads, then the operation, and the part that only a request can do. */
  async #start(start: Start): Promise<void> {
    const { ports, model, stage } = this.#scene;
    if (model.outage) return;
    const [services, tasks, objects] = await Promise.all([
      ports.swarm.listServices(),
      ports.swarm.listTasks(),
      ports.swarm.listSecrets(),
    ]);
    const plan = planOf(
      {
        services,
        tasks,
        versions: await stage.versions("cluster-1"),
        objectNames: objects.map(({ name }) => name),
        labelsOf: (id) => objects.find((each) => each.id === id)?.labels ?? {},
        newId: () => this.#scene.newId(),
        ...(await this.#passwordFacts()),
      },
      start,
    );
    if (!plan) return;
    const typed = plan.create.filter(({ value }) => value.from === "typed");
    const values = new Map(typed.map(({ versionId }) => [versionId, this.#scene.value("typed")]));
    const run = this.#clockwork.run("request", "");
    const secretIds = plan.secrets.map(({ secretId }) => secretId);
    const subject = { secretId: secretIds[0] ?? "", secretIds, isAcrossStacks: false, objectIds: [] };
    const permit = samplePermit(`secret.${plan.kind}`, subject as never, administrator);
    const pause = (seconds: number) => this.#clockwork.elapse(model.now + seconds * 1000);
    const started = startOperation(permit, plan, { values, ports: run.ports ?? ports, pause });
    await Promise.race([started, run.died]).catch((error: unknown) => this.#clockwork.excuse(error));
    this.#clockwork.scanSoon();
  }

  async #passwordFacts(): Promise<Pick<PlanFacts, "attachment" | "loginOf" | "isLeaked">> {
    const { sight, stage } = this.#scene;
    const { attachment } = sight;
    const logins = attachment ? await stage.logins(attachment.rotatorId) : new Map<string, string | null>();
    const emergencies = [...sight.operations.values()].filter(({ operation: { kind } }) => kind === "rotate-emergency");
    const leaked = new Set(
      emergencies.flatMap(({ operation: { plan } }) => plan.retire.map(({ versionId }) => versionId)),
    );
    return {
      attachment,
      loginOf: (id) => (logins.has(id) ? { login: logins.get(id) ?? null } : null),
      isLeaked: (id) => leaked.has(id),
    };
  }

  async #person(what: string): Promise<void> {
    const { sight, model, stage } = this.#scene;
    if (what === "lose-role") {
      await stage.setRole("person-1", "viewer");
      sight.roleLostAt = model.now;
      return;
    }
    if (what === "pause-automation") {
      await stage.setAutomationPaused(true);
      sight.automationPausedAt = model.now;
      return;
    }
    const open = [...sight.operations.values()].findLast(({ endedAt }) => endedAt === null);
    if (!open) return;
    const { id: operationId, kind } = open.operation;
    const isStop = what === "stop";
    const wish = isStop
      ? requestStop(samplePermit("operation.stop", { operationId }), stage.port)
      : requestUndo(samplePermit("operation.undo", { operationId, kind }, administrator), stage.port);
    const isTaken = await wish.then(
      () => true,
      () => false,
    );
    if (isTaken && open.isOneWay) sight.violations.push(`R7: ${operationId} is to ${what} after a set on one way`);
    if (isTaken) this.#wished(open, isStop ? "stop" : "undo");
  }

  #wished({ operation: { id } }: Followed, wish: "stop" | "undo" | AttentionChoice): void {
    this.#scene.follower.wished(id, wish);
    this.#clockwork.wake(id);
  }

  /** Nothing goes wrong any more, and a person answers whatever she is asked: then everything comes to an end. */
  async #toTheEnd(answers: readonly string[]): Promise<void> {
    const { sight, model, stage } = this.#scene;
    await this.#clockwork.until(model.now + 120_000);
    this.#ambush.lift();
    await this.#clockwork.until(model.now + 600_000);
    const open = () => [...sight.operations.values()].filter(({ endedAt }) => endedAt === null);
    for (let asked = 0; asked < mostAnswers && open().length > 0; asked += 1) {
      await this.#clockwork.until(model.now + 3 * 3600_000);
      for (const followed of open()) {
        const { attention } = (await stage.port.find(followed.operation.id)) ?? {};
        const choices = attention?.choices ?? [];
        if (choices.length === 0)
          sight.violations.push(`R6: ${followed.operation.id} is stranded, and nobody is asked`);
        const wanted = answers[asked] ?? "accept";
        const choice = choices.find((each) => each === wanted) ?? choices.at(-1);
        if (choice) await this.#answer(followed, choice);
      }
    }
    for (const { operation } of open()) sight.violations.push(`R6: ${operation.id} comes to no end`);
    if (sight.attachment) {
      const versions = await stage.versions("cluster-1");
      for (const each of sight.operations.values()) sight.violations.push(...passwordsGivenUp(sight, each, versions));
    }
    const kept = await stage.everything([...sight.operations.keys()]);
    for (const value of sight.values) if (kept.includes(value)) sight.violations.push(`R1: ${value} is kept`);
  }

  async #answer(followed: Followed, choice: AttentionChoice): Promise<void> {
    const { id: operationId, kind } = followed.operation;
    const permit = samplePermit("operation.decide", { operationId, kind }, administrator);
    await decideAttention(permit, choice, this.#scene.stage.port);
    this.#wished(followed, choice);
  }
}

const mostAnswers = 6;
