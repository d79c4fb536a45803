import { describe, expect, it } from "vitest";
import { lineOf, sampleInput, sampleOperation } from "../sample.ts";
import { operationFailed, operationNeedsAttention, operationRunning } from "./operations.ts";

const failed = sampleOperation({ state: "ended", outcome: "undone", endedAt: "2026-03-10T11:59:30.000Z" });

describe("operations", () => {
  it("that wait for a decision are the first thing to mend", () => {
    const [found] = operationNeedsAttention(
      sampleInput({ operations: [sampleOperation({ state: "needs-attention" })] }),
    );
    expect(found).toMatchObject({ severity: "now", mend: { label: "Decide", href: "/operations/operation-1" } });
  });

  it("under way say how far they are", () => {
    const [found] = operationRunning(sampleInput({ operations: [sampleOperation()] }));
    expect(found && lineOf(found)).toBe("Rotate db_password: 4 of 6 services done");
    expect(found).toMatchObject({ since: "2026-03-10T11:59:00.000Z", mend: { label: "Watch" } });
  });

  it("that stand still say so, since when, and why", () => {
    const outage = { because: "The Swarm has no leader. Bring more managers back.", since: "2026-03-10T11:59:30.000Z" };
    const [found] = operationRunning(sampleInput({ operations: [sampleOperation({ outage })] }));
    expect(found && lineOf(found)).toBe("Rotate db_password stands still: 4 of 6 services done");
    expect(found).toMatchObject({ rule: "operation-stands-still", since: outage.since, hint: outage.because });
  });

  it("that failed stay until something newer was done with the secret, or three days", () => {
    const found = (operations: ReturnType<typeof sampleOperation>[]) => operationFailed(sampleInput({ operations }));
    expect(found([failed]).map(lineOf)).toEqual(["Rotate db_password failed and was undone"]);
    const later = { id: "operation-2", startedAt: "2026-03-10T11:59:59.000Z" };
    expect(found([failed, sampleOperation({ ...later, state: "ended", outcome: "done" })])).toEqual([]);
    expect(found([failed, { ...failed, ...later }])).toHaveLength(2);
    expect(found([{ ...failed, endedAt: "2026-03-01T00:00:00.000Z" }])).toEqual([]);
  });

  it("that went well are nothing to mend", () => {
    const input = sampleInput({ operations: [{ ...failed, outcome: "done" }] });
    expect([operationFailed(input), operationRunning(input), operationNeedsAttention(input)]).toEqual([[], [], []]);
  });
});
