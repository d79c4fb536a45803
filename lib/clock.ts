import "server-only";

/** The present. Everything that decides by time takes a `Clock`, so that tests decide the time. */
export type Clock = { now(): Date };

export const systemClock: Clock = { now: () => new Date() };

/** Next evaluates modules more than once in a process; what must be single is made here, once, under a name. */
export function oncePerProcess<T>(name: string, make: () => T): T {
  const registry = globalThis as unknown as Record<symbol, T | undefined>;
  const key = Symbol.for(`skep.once.${name}`);
  const existing = registry[key];
  if (existing !== undefined) return existing;
  const made = make();
  registry[key] = made;
  return made;
}
