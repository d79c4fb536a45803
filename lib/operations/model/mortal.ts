import "server-only";
import type { Ports } from "../ports.ts";

/**
 * When a worker dies, counted in its writes: before one (nothing of it happened), after one (it happened, nobody was
 * told), or with its write still on the way to the Swarm or to the other side of a password.
 */
export type Death = { at: number; moment: "before" | "after" | "on-the-way" };

export type Mortal = {
  ports: Ports;
  /** Resolves when the worker dies; its calls never come back. */
  died: Promise<void>;
  /** Sends what was on the way; says whether it was taken, or null where nothing was. */
  arrive(): Promise<boolean | null>;
};

const writes = new Set([
  ...["createSecret", "updateService", "removeSecret"],
  ...["save", "release", "lockServices", "renew"],
  ...["set", "finish"],
]);

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

  async function make(name: string, isOutside: boolean, call: () => Promise<unknown>): Promise<unknown> {
    if (isDead) return never();
    if (!writes.has(name)) return alive(await call());
    count += 1;
    if (death?.at !== count) return alive(await call());
    if (death.moment === "after") await call().catch(() => undefined);
    if (death.moment === "on-the-way" && isOutside) late = call;
    die();
    return never();
  }

  function mortal<T extends object>(port: T, isOutside: boolean): T {
    return new Proxy(port, {
      get(target, name) {
        const method = Reflect.get(target, name);
        if (typeof method !== "function" || typeof name !== "string") return method;
        return (...given: unknown[]) => make(name, isOutside, async () => method.apply(target, given));
      },
    });
  }

  const alive = <T>(answer: T): T | Promise<never> => (isDead ? never() : answer);
  return {
    ports: {
      ...ports,
      store: mortal(ports.store, false),
      swarm: mortal(ports.swarm, true),
      rotators: mortal(ports.rotators, true),
    },
    died,
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
