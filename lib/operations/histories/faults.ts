import "server-only";
import { RotatorFailure, unsent } from "#lib/rotators/failure.ts";
import type { Fault, Hand } from "./history-schema.ts";
import type { HistoryScene } from "./scene.ts";
import type { Timetable } from "./timetable.ts";
import { noDatabase, noLeader } from "./worker-ports.ts";

export type Deed = Fault | Hand;
type Of<F extends Fault["fault"]> = Extract<Fault, { fault: F }>;

/** What befalls the Swarm and Postgres themselves, for as long as it lasts, and what other hands do. */
export class Faults {
  readonly #scene: HistoryScene;
  readonly #timetable: Timetable;

  constructor(scene: HistoryScene, timetable: Timetable) {
    this.#scene = scene;
    this.#timetable = timetable;
  }

  /** False for one that befalls a call. */
  do(deed: Deed): boolean {
    if ("hand" in deed) this.#scene.hands.do(deed);
    else if (deed.fault === "no-leader") this.#loseLeader(deed);
    else if (deed.fault === "no-database") this.#loseDatabase(deed);
    else if (deed.fault === "node") this.#loseNode(deed);
    else if (deed.fault === "other-swarm") this.#changeSwarm(deed);
    else if (deed.fault === "other-side") this.#loseOtherSide(deed);
    else if (deed.fault === "fail" || deed.fault === "slow") this.#fate(deed);
    else return false;
    return true;
  }

  #after(seconds: number, act: () => void): void {
    this.#timetable.add(this.#scene.model.now + seconds * 1000, act);
  }

  #loseLeader({ seconds }: Of<"no-leader">): void {
    const { model } = this.#scene;
    model.outage = noLeader();
    this.#after(seconds, () => {
      model.outage = null;
    });
  }

  #loseDatabase({ seconds }: Of<"no-database">): void {
    const { model, stage, sight } = this.#scene;
    stage.setOutage(noDatabase());
    sight.databaseAwaySince = model.now;
    this.#after(seconds, () => {
      stage.setOutage(null);
      sight.databaseAwaySince = null;
    });
  }

  #loseNode({ node: which, seconds }: Of<"node">): void {
    const { model } = this.#scene;
    const node = model.nodes[which % model.nodes.length];
    if (!node || model.nodes.filter(({ state }) => state === "ready").length < 2) return;
    model.setNode(node.id, "down");
    this.#after(seconds, () => model.setNode(node.id, "ready"));
  }

  #changeSwarm({ seconds }: Of<"other-swarm">): void {
    const { model, sight } = this.#scene;
    model.clusterId = "cluster-2";
    sight.clusterSince = model.now;
    this.#after(seconds, () => {
      model.clusterId = "cluster-1";
    });
  }

  #loseOtherSide({ reason, seconds }: Of<"other-side">): void {
    const { otherSide } = this.#scene;
    // Whoever is not there has been told nothing; an error of its own may come after the password was set.
    const failed = new RotatorFailure(reason, "the other side");
    const failure = reason === "unreachable" ? unsent(failed) : failed;
    otherSide.failure = failure;
    this.#after(seconds, () => {
      if (otherSide.failure === failure) otherSide.failure = null;
    });
  }

  /** New tasks of a service fare badly from now on; those with what it has now do not. */
  #fate(deed: Of<"fail" | "slow">): void {
    const { model } = this.#scene;
    const services = [...model.services.values()];
    const service = services[deed.service % Math.max(1, services.length)];
    if (!service) return;
    const serviceId = service.id;
    const isFailing = deed.fault === "fail";
    const bad = isFailing
      ? { failsAfterSeconds: deed.afterSeconds, error: "task: non-zero exit (1)" }
      : { startSeconds: deed.seconds };
    const good = isFailing ? { failsAfterSeconds: null } : { startSeconds: 2 };
    model.rollout.fates.push({ serviceId, fate: bad });
    const { Secrets = [] } = service.spec.TaskTemplate.ContainerSpec;
    for (const { SecretID } of Secrets) model.rollout.fates.push({ serviceId, secretId: SecretID, fate: good });
  }
}
