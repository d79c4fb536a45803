import { describe, expect, it } from "vitest";
import type { Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { decideAttention } from "./requests/decide.ts";
import { samplePermit } from "./sample.ts";
import type { AttentionChoice, Plan } from "./schema.ts";

function scene(names: string[], over: Partial<Plan> = {}) {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of names) rehearsal.model.addService(name, { secrets: [old] });
  const fail = (service: string, failsAfterSeconds: number) => {
    const { fates } = rehearsal.model.rollout;
    fates.push({ serviceId: `service-${service}`, fate: { failsAfterSeconds, error: "no" } });
    fates.push({ secretId: old.id, fate: { failsAfterSeconds: null } });
  };
  return { rehearsal, plan: rehearsal.rotation([old.id], names, over), fail };
}

async function decide(rehearsal: Rehearsal, { id }: Operation, choice: AttentionChoice): Promise<Operation> {
  await decideAttention(samplePermit("operation.decide", { operationId: id }), choice, rehearsal.store);
  return rehearsal.run(id);
}

describe("leaving it as it is", () => {
  it("keeps both versions, also where every service was moved and one of them failed", async () => {
    const { rehearsal, plan, fail } = scene(["a", "b"], { oldValueStaysValid: false });
    fail("b", 1);
    const operation = await decide(rehearsal, await rehearsal.run(await rehearsal.start(plan)), "accept");
    expect(operation.outcome).toBe("accepted");
    const versions = [...rehearsal.store.books.versions.values()];
    expect(versions.map(({ state, retireAfter }) => [state, retireAfter])).toEqual([
      ["previous", null],
      ["current", null],
    ]);
  });

  it("after an undo that failed keeps both versions, too", async () => {
    const { rehearsal, plan } = scene(["a", "b"]);
    rehearsal.model.rollout.fates.push({ serviceId: "service-b", fate: { failsAfterSeconds: 1, error: "no" } });
    const operation = await decide(rehearsal, await rehearsal.run(await rehearsal.start(plan)), "accept");
    expect(operation.outcome).toBe("accepted");
    const versions = [...rehearsal.store.books.versions.values()];
    expect(versions.map(({ state, retireAfter }) => [state, retireAfter])).toEqual([
      ["current", null],
      ["abandoned", null],
    ]);
  });
});
