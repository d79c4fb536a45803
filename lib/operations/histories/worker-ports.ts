import "server-only";
import { AppError } from "#lib/errors.ts";
import { RotatorFailure } from "#lib/rotators/failure.ts";
import { SecretValue } from "#lib/value.ts";
import type { Ports } from "../ports.ts";

/** What becomes of one call of a port. */
export type Meeting = {
  port: "store" | "swarm" | "rotators";
  name: string;
  isWrite: boolean;
  given: readonly unknown[];
  make(): Promise<unknown>;
};

const writes = new Set(["createSecret", "updateService", "removeSecret", "set", "finish"]);

/** The same ports, with somebody who meets every call. */
export function metPorts(ports: Ports, meet: (meeting: Meeting) => Promise<unknown>): Ports {
  function met<T extends object>(port: T, which: Meeting["port"]): T {
    return new Proxy(port, {
      get(target, name) {
        const method = Reflect.get(target, name);
        if (typeof method !== "function" || typeof name !== "string") return method;
        return (...args: unknown[]) => {
          const given = writes.has(name) ? args.map(asSent) : args;
          const make = async () => method.apply(target, given);
          return meet({ port: which, name, isWrite: writes.has(name), given, make });
        };
      },
    });
  }
  return {
    ...ports,
    store: met(ports.store, "store"),
    swarm: met(ports.swarm, "swarm"),
    rotators: met(ports.rotators, "rotators"),
  };
}

/** What is on its way stays what it was, whatever its sender forgets meanwhile. */
function asSent(given: unknown): unknown {
  if (!(given instanceof SecretValue)) return given;
  let copy: SecretValue | null = null;
  const copied = given.use(async (bytes) => {
    copy = new SecretValue(bytes);
  });
  copied.catch(() => undefined);
  return copy ?? given;
}

export function timeout(port: Meeting["port"]): AppError {
  if (port === "rotators") return new RotatorFailure("unreachable", "the other side");
  return new AppError("swarm-timeout", "The Swarm did not answer in time.");
}

export function refusal(port: Meeting["port"]): AppError {
  if (port === "rotators") return new RotatorFailure("forbidden", "the other side");
  return new AppError("swarm-refused", "The Swarm refused the change. Its reason is in Skep's log.");
}

export function noLeader(): AppError {
  return new AppError("swarm-no-leader", "The Swarm has no leader.");
}

export function noDatabase(): AppError {
  return new AppError("database-unreachable", "The database cannot be reached.");
}
