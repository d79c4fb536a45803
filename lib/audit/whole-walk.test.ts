import { expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import type { ChainState } from "./schema.ts";
import { startWholeWalks } from "./whole-walk.ts";

function watch(walk: () => Promise<ChainState>) {
  const waits: { seconds: number; next: () => void; isCancelled: boolean }[] = [];
  const walks = startWholeWalks({
    walk,
    wait: (seconds, next) => {
      const entry = { seconds, next, isCancelled: false };
      waits.push(entry);
      return () => {
        entry.isCancelled = true;
      };
    },
  });
  const settled = (count: number) => expect.poll(() => waits).toHaveLength(count);
  return { walks, waits, settled };
}

it("the history is walked at the start and a day later, sooner where Postgres was away", async () => {
  let walked = 0;
  const { waits, settled, walks } = watch(async () => {
    walked += 1;
    if (walked === 1) throw new AppError("database-unreachable", "Postgres is away.");
    return { state: "empty" };
  });
  await settled(1);
  waits[0]?.next();
  await settled(2);
  expect(walked).toBe(2);
  expect(waits.map(({ seconds }) => seconds)).toEqual([300, 86_400]);
  await walks.stop();
});

it("who stops it waits for the walk under way, and no other begins", async () => {
  const { promise, resolve } = Promise.withResolvers<ChainState>();
  const { waits, walks } = watch(() => promise);
  let isOver = false;
  const stopped = walks.stop().then(() => {
    isOver = true;
  });
  await Promise.resolve();
  expect(isOver).toBe(false);
  resolve({ state: "empty" });
  await stopped;
  expect(waits).toEqual([]);
});
