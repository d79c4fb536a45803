import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { callTimeoutSeconds, type Source } from "./contract.ts";
import { keepOpen } from "./kept-open.ts";

let open: Source[];
let failed: string[];
let kept: ReturnType<typeof keepOpen>;

beforeEach(() => {
  vi.useFakeTimers();
  open = [];
  failed = [];
  kept = keepOpen((id) => failed.push(id));
});
afterEach(() => vi.useRealTimers());

/** Takes a while to open, as one does that reads its files. */
async function opening(): Promise<Source> {
  await Promise.resolve();
  const source: Source = {
    check: async () => ({ software: "Double", login: "none" }),
    browse: async () => ({ names: [], next: null }),
    versions: async () => [],
    read: () => Promise.reject(new Error("nothing there")),
    close: async () => void open.splice(open.indexOf(source), 1),
  };
  open.push(source);
  return source;
}

const aCall = callTimeoutSeconds * 1000;

it("callers at once get the same source, and another edition of its settings another one", async () => {
  const [one, other] = await Promise.all([kept.get("a", 1, opening), kept.get("a", 1, opening)]);
  expect(one).toBe(other);
  expect(open).toHaveLength(1);
  const [changed, same] = await Promise.all([kept.get("a", 2, opening), kept.get("a", 2, opening)]);
  expect(changed).not.toBe(one);
  expect(changed).toBe(same);
  await kept.close();
  expect(open).toEqual([]);
});

it("whoever has a source that was changed meanwhile goes on with it, and it is closed when nobody does", async () => {
  const before = await kept.get("a", 1, opening);
  await kept.get("a", 2, opening);
  for (let questions = 0; questions < 3; questions += 1) {
    await vi.advanceTimersByTimeAsync(aCall - 1000);
    expect(open).toHaveLength(2);
    await before.versions("path", null);
  }
  await vi.advanceTimersByTimeAsync(2 * aCall);
  expect(open).toHaveLength(1);
  await kept.get("a", 2, () => Promise.reject(new Error("opened twice")));
  await kept.close();
});

it("at the end all are closed at once, once each, the changed and the removed too", async () => {
  await kept.get("a", 1, opening);
  await kept.get("a", 2, opening);
  await kept.get("b", 1, opening);
  kept.forget("b");
  expect(open).toHaveLength(3);
  await kept.close();
  expect(open).toEqual([]);
  await vi.advanceTimersByTimeAsync(3 * aCall);
  expect([vi.getTimerCount(), failed]).toEqual([0, []]);
});

it("what could not be opened is opened with the next question, and needs no closing", async () => {
  const missing = () => Promise.reject(new Error("no file"));
  await expect(kept.get("a", 1, missing)).rejects.toThrow("no file");
  await kept.get("a", 1, opening);
  expect(open).toHaveLength(1);
  await kept.close();
  expect(failed).toEqual([]);
});

it("what cannot be closed holds nothing up, and is told", async () => {
  const stuck = { ...(await opening()), close: () => Promise.reject(new Error("no answer")) };
  await kept.get("a", 1, async () => stuck);
  await kept.get("b", 1, opening);
  await kept.close();
  expect(failed).toEqual(["a"]);
});
