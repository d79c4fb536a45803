import "server-only";
import type { Clock } from "#lib/clock.ts";
import type { Generator } from "#lib/generate/schema.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import type { SecretValue } from "#lib/value.ts";
import type { PlannedRotator, SourcedValue } from "./planned-value.ts";
import type { OperationStore } from "./store-port.ts";

/** Everything the executor touches. It holds no timer, no date and no database of its own, so a test can be all six. */
export type Ports = {
  store: OperationStore;
  swarm: SwarmGateway;
  clock: Clock;
  random: Random;
  sources: ValueSources;
  rotators: Rotators;
};

export type ValueSources = {
  /** The value of that very version. Fails with the source's own reason (`source-…`), or `not-found` where the source is gone. */
  read(value: SourcedValue): Promise<SecretValue>;
};

/** The other sides of passwords. All fail with their own reasons (`rotator-…`), or `not-found` where the rotator is gone. */
export type Rotators = {
  /** Whether it would let Skep set the password of this login. Changes nothing. */
  check(rotator: PlannedRotator): Promise<void>;
  /** From now on the login takes this password. `rotator-overtaken` where a later turn has set it. */
  set(rotator: PlannedRotator, turn: RotatorTurn, password: SecretValue): Promise<void>;
  /** Whether it takes this password now. */
  test(rotator: PlannedRotator, turn: RotatorTurn, password: SecretValue): Promise<boolean>;
  /** Every service has the new value. */
  finish(rotator: PlannedRotator, turn: RotatorTurn): Promise<void>;
};

/** A later turn at the same login has a higher generation: what is sent late has no effect. */
export type RotatorTurn = { operationId: string; generation: number };

export type Random = {
  id(): string;
  /** From 0 up to 1, for jitter. */
  fraction(): number;
  /** A fresh value; kept nowhere. */
  value(generator: Generator): SecretValue;
};
