import "server-only";
import type { Ports } from "./ports.ts";

/**
 * When a worker dies, counted in its writes: before one (nothing of it happened), after one (it happened, nobody was
 * told), or with its write still on the way to the Swarm.
 */
export type Death = { at: number; moment: "before" | "after" | "on-the-way" };

export type Mortal = {
  ports: Ports;
  /** Resolves when the worker dies; its calls never come back. */
  died: Promise<void>;
  writes(): number;
  /** Sends what was on the way; says whether the Swarm took it, or null where nothing was. */
  arrive(): Promise<boolean | null>;
};

const swarmWrites = new Set(["createSecret", "updateService", "removeSecret"]);
const storeWrites = new Set(["save", "release", "lockServices", "renew"]);

/** Ports of a worker that dies: like SIGKILL, nothing of it goes on, and nothing of it is handed back. */
export function mortalPorts(ports: Ports, death: Death | null): Mortal {
  let count = 0;
  let isDead = false;
  let die: () => void = () => undefined;
  let late: (() => Promise<unknown>) | null = null;
  const died = new Promise<void>((resolve) => {
    die = () => {
      isDead = true;
      resolve();
    };
  });
  const never = () => new Promise<never>(() => undefined);

  function mortal<T extends object>(port: T, writes: ReadonlySet<string>): T {
    const entries = Object.entries(port).map(([name, method]) => [
      name,
      async (...given: unknown[]) => {
        if (isDead) return never();
        const call = () => (method as (...given: unknown[]) => Promise<unknown>)(...given);
        if (!writes.has(name)) return alive(await call());
        count += 1;
        if (death?.at !== count) return alive(await call());
        if (death.moment === "after") await call().catch(() => undefined);
        if (death.moment === "on-the-way" && writes === swarmWrites) late = call;
        die();
        return never();
      },
    ]);
    return Object.fromEntries(entries) as T;
  }

  const alive = <T>(answer: T): T | Promise<never> => (isDead ? never() : answer);
  return {
    ports: { ...ports, store: mortal(ports.store, storeWrites), swarm: mortal(ports.swarm, swarmWrites) },
    died,
    writes: () => count,
    async arrive() {
      const send = late;
      late = null;
      if (!send) return null;
      return send().then(
        () => true,
        () => false,
      );
    },
  };
}
