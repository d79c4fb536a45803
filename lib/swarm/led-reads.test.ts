import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AppError } from "#lib/errors.ts";
import { LedReads } from "./led-reads.ts";

const manager = (id: string, leads: string | null, isReachable = true) => ({
  ID: id,
  Spec: { Role: "manager" },
  ManagerStatus: { Leader: id === leads, Reachability: isReachable ? "reachable" : "unreachable" },
});
const ledBy = (leads: string | null, reachable = 3) =>
  ["n1", "n2", "n3"].map((id, place) => manager(id, leads, place < reachable));

/** Tells one after the other, and the last one again and again. */
function inTurn<T>(...told: T[]): () => Promise<T> {
  return async () => (told.length > 1 ? told.shift() : told[0]) as T;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function read(reads: LedReads, ask: () => Promise<string>, managers: () => Promise<unknown>) {
  const answer = reads.read(ask, managers);
  answer.catch(() => undefined);
  await vi.runAllTimersAsync();
  return answer;
}

describe("what a manager answers", () => {
  it("counts when the same manager led before and after it", async () => {
    const reads = new LedReads();
    const ask = vi.fn(inTurn("first", "second"));
    const managers = vi.fn(inTurn(ledBy("n1")));
    expect(await read(reads, ask, managers)).toBe("first");
    expect(await read(reads, ask, managers)).toBe("second");
    expect([ask, managers].map((each) => each.mock.calls.length)).toEqual([2, 3]);
  });

  it("does not count while nobody leads, however well it looks", async () => {
    const reads = new LedReads();
    await read(reads, inTurn("all"), inTurn(ledBy("n1")));
    const told = read(reads, inTurn("one is missing"), inTurn(ledBy(null)));
    await expect(told).rejects.toMatchObject({ code: "swarm-no-leader" });
  });

  it("does not count from a manager that leads without the others", async () => {
    const told = read(new LedReads(), inTurn("old"), inTurn(ledBy("n1", 1)));
    await expect(told).rejects.toMatchObject({ code: "swarm-no-leader" });
  });

  it("is asked again where it came before a new leader, who first gets a moment", async () => {
    const reads = new LedReads();
    await read(reads, inTurn("all"), inTurn(ledBy("n1")));
    const from = Date.now();
    expect(await read(reads, inTurn("one is missing", "all"), inTurn(ledBy("n2")))).toBe("all");
    expect(Date.now() - from).toBe(1_000);
    await read(reads, inTurn("all"), inTurn(ledBy(null))).catch(() => undefined);
    expect(await read(reads, inTurn("all"), inTurn(ledBy("n2")))).toBe("all");
    expect(Date.now() - from).toBe(2_000);
  });

  it("does not count from a gap in which another question has seen nobody lead, though the same one leads again", async () => {
    const reads = new LedReads();
    await read(reads, inTurn("all"), inTurn(ledBy("n1")));
    const answered = Promise.withResolvers<string>();
    let asked = 0;
    const first = reads.read(
      () => {
        asked += 1;
        return asked === 1 ? answered.promise : Promise.resolve("all");
      },
      inTurn(ledBy("n1")),
    );
    await expect(read(reads, inTurn("x"), inTurn(ledBy(null)))).rejects.toMatchObject({ code: "swarm-no-leader" });
    expect(await read(reads, inTurn("all"), inTurn(ledBy("n1")))).toBe("all");
    answered.resolve("from the gap");
    await vi.runAllTimersAsync();
    expect(await first).toBe("all");
  });

  it("is asked for a whole moment after the newest leader, whichever question waited for the one before", async () => {
    const reads = new LedReads();
    await read(reads, inTurn("all"), inTurn(ledBy("n1")));
    const slow = Promise.withResolvers<string>();
    const other = reads.read(() => slow.promise, inTurn(ledBy("n3")));
    const asked: number[] = [];
    const from = performance.now();
    const waiting = reads.read(
      async () => {
        asked.push(performance.now() - from);
        return "all";
      },
      inTurn(ledBy("n2"), ledBy("n3")),
    );
    await vi.advanceTimersByTimeAsync(600);
    slow.resolve("before n3");
    await vi.runAllTimersAsync();
    expect(await Promise.all([other, waiting])).toEqual(["before n3", "all"]);
    expect(asked).toEqual([0, 1_600]);
  });

  it("may be a refusal: that something is not there counts by the same rule", async () => {
    const reads = new LedReads();
    const gone = async () => Promise.reject(new AppError("not-found", "It is not there."));
    await expect(read(reads, gone, inTurn(ledBy("n1")))).rejects.toMatchObject({ code: "not-found" });
    await expect(read(reads, gone, inTurn(ledBy(null)))).rejects.toMatchObject({ code: "swarm-no-leader" });
  });

  it("counts at no time while the leader changes from one question to the next", async () => {
    const managers = inTurn(...["n1", "n2", "n3", "n1", "n2"].map((id) => ledBy(id)));
    await expect(read(new LedReads(), inTurn("all"), managers)).rejects.toMatchObject({ code: "swarm-no-leader" });
  });
});
