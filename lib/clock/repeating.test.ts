import { expect, it } from "vitest";
import { repeating } from "./repeating.ts";

/** Work that ends when the test says so, and a clock that the test moves. */
function stage({ everySeconds = 60 as number | null, afterErrorSeconds = 5 } = {}) {
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const waits: { seconds: number; next: () => void; isCancelled: boolean }[] = [];
  const errors: unknown[] = [];
  const loop = repeating({
    everySeconds,
    afterErrorSeconds,
    work: () => new Promise<void>((resolve, reject) => ends.push({ resolve, reject })),
    onError: (error) => errors.push(error),
    wait: (seconds, next) => {
      const entry = { seconds, next, isCancelled: false };
      waits.push(entry);
      return () => {
        entry.isCancelled = true;
      };
    },
  });
  const begun = (count: number) => expect.poll(() => ends).toHaveLength(count);
  return { loop, ends, waits, errors, begun };
}

it("begins at once, and again so many seconds after each end", async () => {
  const { ends, waits, begun } = stage();
  await begun(1);
  expect(waits).toEqual([]);
  ends[0]?.resolve();
  await expect.poll(() => waits).toMatchObject([{ seconds: 60 }]);
  waits[0]?.next();
  await begun(2);
});

it("after an error it says so, and tries again sooner", async () => {
  const { ends, waits, errors } = stage();
  ends[0]?.reject(new Error("gone"));
  await expect.poll(() => waits).toMatchObject([{ seconds: 5 }]);
  expect(errors).toMatchObject([{ message: "gone" }]);
});

it("is never done twice at once; whoever wakes it meanwhile gets one more", async () => {
  const { loop, ends, waits, begun } = stage();
  loop.wake();
  loop.wake();
  await Promise.resolve();
  expect(ends).toHaveLength(1);
  ends[0]?.resolve();
  await begun(2);
  ends[1]?.resolve();
  await expect.poll(() => waits).toHaveLength(1);
});

it("woken early, it waits anew afterwards", async () => {
  const { loop, ends, waits, begun } = stage();
  ends[0]?.resolve();
  await expect.poll(() => waits).toHaveLength(1);
  loop.wake();
  await begun(2);
  expect(waits[0]?.isCancelled).toBe(true);
});

it("without a pace it is done when woken, and after an error", async () => {
  const { loop, ends, waits, begun } = stage({ everySeconds: null });
  ends[0]?.resolve();
  await Promise.resolve();
  await Promise.resolve();
  expect(waits).toEqual([]);
  loop.wake();
  await begun(2);
  ends[1]?.reject(new Error("gone"));
  await expect.poll(() => waits).toMatchObject([{ seconds: 5 }]);
});

it("who stops it waits for what is under way, and no other begins", async () => {
  const { loop, ends, waits } = stage();
  let isOver = false;
  const stopped = loop.stop().then(() => {
    isOver = true;
  });
  loop.wake();
  await Promise.resolve();
  expect(isOver).toBe(false);
  ends[0]?.resolve();
  await stopped;
  expect(ends).toHaveLength(1);
  expect(waits).toEqual([]);
});
