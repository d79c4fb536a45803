import "server-only";
import { noLeader } from "./errors.ts";
import { readNodes } from "./read-cluster.ts";

/** A new leader may still be busy with what the one before it had agreed on; in milliseconds. */
const settlesIn = 1_000;

/**
 * While nobody leads, a manager answers questions from its own copy of the Swarm, with status 200: what was agreed on
 * a moment ago is missing there, or as it was before. So an answer counts only if the same manager led before and after
 * it, with more than half of the managers in reach.
 */
export class LedReads {
  /** As this manager saw it last; undefined before it was asked. */
  #leader: string | null | undefined;
  /** Rises with each change that was seen, by whichever of the questions that run side by side. */
  #epoch = 0;
  #changedAt = Number.NEGATIVE_INFINITY;

  /** Asks again where another one leads than before, or nobody did meanwhile. Fails with swarm-no-leader where nobody does. */
  async read<T>(ask: () => Promise<T>, askManagers: () => Promise<unknown>): Promise<T> {
    for (let turn = 0; turn < 3; turn += 1) {
      if (!this.#leader) await this.#look(askManagers);
      const epoch = this.#epoch;
      await this.#settled();
      // It changed during the wait: the newest leader gets a moment of its own.
      if (epoch !== this.#epoch) continue;
      const [answered] = await Promise.allSettled([ask()]);
      await this.#look(askManagers);
      if (epoch !== this.#epoch) continue;
      if (answered.status === "rejected") throw answered.reason;
      return answered.value;
    }
    throw noLeader("the leader changes from one question to the next");
  }

  async #settled(): Promise<void> {
    const left = this.#changedAt + settlesIn - performance.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  }

  async #look(askManagers: () => Promise<unknown>): Promise<void> {
    const leader = leaderOf(await askManagers());
    if (leader !== this.#leader && this.#leader !== undefined) {
      this.#epoch += 1;
      this.#changedAt = performance.now();
    }
    this.#leader = leader;
    if (leader === null) throw noLeader("this manager sees no leader with more than half of the managers");
  }
}

/** The leader's ID, from Docker's list of nodes. */
function leaderOf(answer: unknown): string | null {
  const managers = readNodes(answer).filter(({ role }) => role === "manager");
  const reachable = managers.filter(({ isReachable }) => isReachable).length;
  const leader = managers.find(({ isLeader }) => isLeader);
  return leader && reachable > managers.length / 2 ? leader.id : null;
}
