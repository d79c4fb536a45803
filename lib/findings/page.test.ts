import { describe, expect, it } from "vitest";
import { countNeedingAttention, countsOf } from "./count.ts";
import { find } from "./find.ts";
import type { KnownOperation } from "./input.ts";
import { mostPressing, pageOf } from "./page.ts";
import { lineOf, sampleInput, sampleOperation } from "./sample.ts";
import type { Finding } from "./schema.ts";

type Many = { waiting?: number; failed?: number; running?: number };

/** Operations of each kind, given in the wrong order: the newest comes first. */
function findingsOf({ waiting = 0, failed = 0, running = 0 }: Many): Finding[] {
  const some = (count: number, over: (at: string) => Partial<KnownOperation>) =>
    Array.from({ length: count }, (_, place) => {
      const at = new Date(Date.parse("2026-03-10T11:00:00Z") - place * 1000).toISOString();
      return sampleOperation({ id: `${place} at ${at}`, title: `Rotate key_${place}`, startedAt: at, ...over(at) });
    });
  const ended = (endedAt: string): Partial<KnownOperation> => ({
    state: "ended",
    outcome: "undone",
    endedAt,
    secretIds: [`of ${endedAt}`],
  });
  const operations = [
    ...some(running, () => ({})),
    ...some(failed, ended),
    ...some(waiting, () => ({ state: "needs-attention", secretIds: [] })),
  ];
  return find(sampleInput({ operations }));
}

describe("the most pressing findings", () => {
  it("are all of a few, and of thousands the gravest, of one kind those that have waited longest", () => {
    const few = findingsOf({ waiting: 2, failed: 3, running: 5 });
    expect(mostPressing(few)).toEqual(few);

    const all = findingsOf({ waiting: 4, failed: 3000 });
    const first = mostPressing(all);
    expect(first).toHaveLength(10);
    expect(first.map(({ rule }) => rule)).toEqual([
      ...Array(4).fill("operation-needs-attention"),
      ...Array(6).fill("operation-failed"),
    ]);
    expect(first.map(lineOf).slice(3, 6)).toEqual([
      "Rotate key_0 waits for a decision",
      "Rotate key_2999 failed and was undone",
      "Rotate key_2998 failed and was undone",
    ]);
  });

  it("are not pushed away by what runs by itself", () => {
    const first = mostPressing(findingsOf({ waiting: 1, running: 500, failed: 500 }));
    expect(countsOf(first)).toEqual([
      { rule: "operation-needs-attention", count: 1 },
      { rule: "operation-running", count: 3 },
      { rule: "operation-failed", count: 6 },
    ]);
  });

  it("leave the counts as they are", () => {
    const all = findingsOf({ waiting: 40, failed: 3000, running: 7 });
    expect(countNeedingAttention(all)).toBe(3040);
    expect(countsOf(all)).toEqual([
      { rule: "operation-needs-attention", count: 40 },
      { rule: "operation-running", count: 7 },
      { rule: "operation-failed", count: 3000 },
    ]);
  });
});

describe("the pages of all findings", () => {
  const all = findingsOf({ waiting: 120, failed: 7 });

  it("show each of them once, on the way down and on the way up", () => {
    const down = [pageOf(all, {})];
    for (let { next } = pageOf(all, {}); next !== null; ) {
      const page = pageOf(all, { after: next });
      down.push(page);
      next = page.next;
    }
    expect(down.map(({ rows }) => rows.length)).toEqual([50, 50, 27]);
    expect(down.flatMap(({ rows }) => rows)).toEqual(all);

    const up = [];
    for (let before = down.at(-1)?.previous ?? null; before !== null; ) {
      const page = pageOf(all, { before });
      up.unshift(page);
      before = page.previous;
    }
    expect(up).toEqual(down.slice(0, 2));
  });

  it("pass over none where those of the page before are mended meanwhile, or more come", () => {
    const first = pageOf(all, {});
    const mended = all.filter((finding) => !first.rows.includes(finding));
    expect(pageOf(mended, { after: first.next ?? "" }).rows).toEqual(all.slice(50, 100));
    const more = find(sampleInput({ operations: [sampleOperation({ id: "new", state: "needs-attention" })] }));
    const grown = [...more, ...all].toSorted((a, b) => (a.since ?? "").localeCompare(b.since ?? ""));
    expect(lineOf(pageOf(grown, { after: first.next ?? "" }).rows[0] as Finding)).toBe(lineOf(all[50] as Finding));
  });

  it("begin and end with a whole page, whatever an address says", () => {
    const [first, second] = [pageOf(all, {}), pageOf(all, { after: pageOf(all, {}).next ?? "" })];
    // All but ten of the first page were mended.
    const fewer = all.slice(40);
    expect(pageOf(fewer, { before: second.previous ?? "" }).rows).toEqual(fewer.slice(0, 50));
    expect(pageOf(all, { after: "~" }).rows).toEqual(all.slice(-50));
    expect(pageOf(all, { after: "~" }).next).toBeNull();
    expect(pageOf(all, { before: "" })).toEqual(first);
    expect(pageOf([], { after: "anything" })).toEqual({ rows: [], previous: null, next: null });
  });
});
