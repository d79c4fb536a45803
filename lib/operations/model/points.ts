import "server-only";
import type { Ports } from "../ports.ts";

/** One commit of the executor, one call to Docker or to a rotator, counted from 1. Everything that it does outside itself is one. */
export type Point = { number: number; port: "store" | "swarm" | "rotators"; call: string; given: readonly unknown[] };

/** Decides what becomes of a call; null is a look into the store, which commits nothing. */
export type AtPoint = (point: Point | null, make: () => Promise<unknown>) => Promise<unknown>;

const commits = new Set(["insert", "lease", "renew", "save", "release", "lockServices", "wish"]);

/** The same ports, with every commit and every call outside as a numbered point. */
export function numberedPorts(ports: Ports, at: AtPoint): Ports {
  let number = 0;

  function numbered<T extends object>(port: T, name: Point["port"]): T {
    return new Proxy(port, {
      get(target, property) {
        const method = Reflect.get(target, property);
        if (typeof method !== "function" || typeof property !== "string") return method;
        return (...given: unknown[]) => {
          const make = async () => method.apply(target, given);
          if (name === "store" && !commits.has(property)) return at(null, make);
          number += 1;
          return at({ number, port: name, call: property, given }, make);
        };
      },
    });
  }

  return {
    ...ports,
    store: numbered(ports.store, "store"),
    swarm: numbered(ports.swarm, "swarm"),
    rotators: numbered(ports.rotators, "rotators"),
  };
}
