import "server-only";
import { AppError } from "#lib/errors.ts";
import type { Ports } from "../ports.ts";

/** What becomes of one call of a port. */
export type Meeting = {
  port: "store" | "swarm";
  name: string;
  isWrite: boolean;
  given: readonly unknown[];
  make(): Promise<unknown>;
};

const writes = new Set(["createSecret", "updateService", "removeSecret"]);

/** The same ports, with somebody who meets every call. */
export function metPorts(ports: Ports, meet: (meeting: Meeting) => Promise<unknown>): Ports {
  function met<T extends object>(port: T, which: Meeting["port"]): T {
    return new Proxy(port, {
      get(target, name) {
        const method = Reflect.get(target, name);
        if (typeof method !== "function" || typeof name !== "string") return method;
        return (...given: unknown[]) =>
          meet({
            port: which,
            name,
            isWrite: writes.has(name),
            given,
            make: async () => method.apply(target, given),
          });
      },
    });
  }
  return { ...ports, store: met(ports.store, "store"), swarm: met(ports.swarm, "swarm") };
}

export function timeout(): AppError {
  return new AppError("swarm-timeout", "The Swarm did not answer in time.");
}

export function refusal(): AppError {
  return new AppError("swarm-refused", "The Swarm refused the change. Its reason is in Skep's log.");
}

export function noLeader(): AppError {
  return new AppError("swarm-no-leader", "The Swarm has no leader.");
}

export function noDatabase(): AppError {
  return new AppError("database-unreachable", "The database cannot be reached.");
}
