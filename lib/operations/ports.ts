import "server-only";
import type { Clock } from "#lib/clock.ts";
import type { Generator } from "#lib/generate/schema.ts";
import type { SwarmGateway } from "#lib/swarm/gateway.ts";
import type { SecretValue } from "#lib/value.ts";
import type { SourcedValue } from "./planned-value.ts";
import type { OperationStore } from "./store-port.ts";

/** Everything the executor touches. It holds no timer, no date and no database of its own, so a test can be all five. */
export type Ports = { store: OperationStore; swarm: SwarmGateway; clock: Clock; random: Random; sources: ValueSources };

export type ValueSources = {
  /** The value of that very version. Fails with the source's own reason (`source-…`), or `not-found` where the source is gone. */
  read(value: SourcedValue): Promise<SecretValue>;
};

export type Random = {
  id(): string;
  /** From 0 up to 1, for jitter. */
  fraction(): number;
  /** A fresh value; kept nowhere. */
  value(generator: Generator): SecretValue;
};
