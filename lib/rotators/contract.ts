import "server-only";
import type { SecretValue } from "#lib/value.ts";
import type { RotatorCheck } from "./schema.ts";

/** Which turn a call belongs to. */
export type Turn = {
  operationId: string;
  /**
   * Later turns have higher ones. The other side keeps the highest that it has seen of a login and refuses lower ones
   * (`overtaken`): a call that a stopped process sends late changes nothing any more. In milliseconds since 1970, by
   * Postgres's clock.
   */
  generation: number;
  /** The login that the new password is for; null where the other side knows no logins. */
  login: string | null;
};

/** `locksOld`: the old value is known to others, and must stop working now. */
export type Finishing = Turn & { oldLogin: string | null; locksOld: boolean };

/**
 * The other side of a password: what has to accept it before a service gets it. Every call ends within
 * `callTimeoutSeconds` and fails as a `RotatorFailure`, whose sentence and code say what is wrong. What the other side
 * answered is in neither, nor in its cause. Each is idempotent: sent again in the same turn, it has the same end.
 */
export type Rotator = {
  /**
   * Whether it answers, takes Skep's own login, has the logins, lets it set their passwords, and asks for these. Changes
   * nothing. `only`: of this login alone; otherwise of all that the settings name.
   */
  check(asked?: { only: string | null }): Promise<RotatorCheck>;
  /** The login accepts this password from now on. The password is in no statement, log or error of the other side. */
  set(turn: Turn, password: SecretValue): Promise<void>;
  /** Whether the login accepts the password: asked the way a service would. */
  test(turn: Turn, password: SecretValue): Promise<boolean>;
  /** Every service that was to move has: the old value is no longer needed. */
  finish(turn: Finishing): Promise<void>;
  /** Gives up connections. */
  close(): Promise<void>;
};

/** What a rotator may use. */
export type RotatorSurroundings = {
  /** How the rotator is called in sentences. */
  name: string;
  /** The text of a credential; read anew each time, so that a renewed file counts. */
  credential(name: string): Promise<string>;
  now(): Date;
};

/** In seconds, for one call with all that it needs, such as connecting. Less than a third of a lease. */
export const callTimeoutSeconds = 4;
