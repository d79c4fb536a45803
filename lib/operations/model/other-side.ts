import "server-only";
import { RotatorFailure } from "#lib/rotators/failure.ts";
import type { SecretValue } from "#lib/value.ts";
import type { PlannedRotator } from "../planned-value.ts";
import type { Rotators, RotatorTurn } from "../ports.ts";

type Account = { passwords: string[]; generation: number };

/** A database as rotators know it, in memory: which login takes which password. */
export class OtherSide implements Rotators {
  readonly #accounts = new Map<string, Account>();
  /** Why it does not answer, or what it refuses; null where it works. */
  failure: RotatorFailure | null = null;

  /** As the database has it before Skep comes. */
  has(rotatorId: string, login: string | null, ...passwords: string[]): void {
    this.#accounts.set(keyOf(rotatorId, login), { passwords, generation: 0 });
  }

  accepts(rotatorId: string, login: string | null, password: string): boolean {
    return this.#accounts.get(keyOf(rotatorId, login))?.passwords.includes(password) ?? false;
  }

  async check(): Promise<void> {
    if (this.failure) throw this.failure;
  }

  async set(
    { rotatorId, rotatorName, login, oldLogin, keepsOld }: PlannedRotator,
    turn: RotatorTurn,
    value: SecretValue,
  ) {
    if (this.failure) throw this.failure;
    const password = await value.use(async (bytes) => bytes.toString());
    const account = this.#turn(rotatorId, rotatorName, login, turn);
    const isBeside = keepsOld && login === oldLogin;
    account.passwords = isBeside ? [...new Set([...account.passwords, password])] : [password];
  }

  async test(
    { rotatorId, rotatorName, login }: PlannedRotator,
    turn: RotatorTurn,
    value: SecretValue,
  ): Promise<boolean> {
    if (this.failure) throw this.failure;
    this.#refuseOvertaken(rotatorId, rotatorName, login, turn);
    const password = await value.use(async (bytes) => bytes.toString());
    return this.accepts(rotatorId, login, password);
  }

  async finish(
    { rotatorId, rotatorName, login, oldLogin, locksOld }: PlannedRotator,
    turn: RotatorTurn,
  ): Promise<void> {
    if (this.failure) throw this.failure;
    if (locksOld && login !== oldLogin) this.#turn(rotatorId, rotatorName, oldLogin, turn).passwords = [];
    const account = this.#turn(rotatorId, rotatorName, login, turn);
    account.passwords = account.passwords.slice(-1);
  }

  /** A call of an earlier turn has no effect any more. */
  #turn(rotatorId: string, name: string, login: string | null, { generation }: RotatorTurn): Account {
    const account = this.#refuseOvertaken(rotatorId, name, login, { generation });
    account.generation = generation;
    this.#accounts.set(keyOf(rotatorId, login), account);
    return account;
  }

  #refuseOvertaken(rotatorId: string, name: string, login: string | null, turn: Pick<RotatorTurn, "generation">) {
    const account = this.#accounts.get(keyOf(rotatorId, login)) ?? { passwords: [], generation: 0 };
    if (account.generation > turn.generation) throw new RotatorFailure("overtaken", name);
    return account;
  }
}

function keyOf(rotatorId: string, login: string | null): string {
  return JSON.stringify([rotatorId, login]);
}
