import { describe, expect, it } from "vitest";
import { findStep, type Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { decideAttention } from "./requests/decide.ts";
import { samplePermit, sampleStarter } from "./sample.ts";
import type { AttentionChoice, Plan } from "./schema.ts";
import { viewOf } from "./view.ts";

const words = "task: non-zero exit (1)";

function scene(names: string[], over: Partial<Plan> = {}) {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of names) rehearsal.model.addService(name, { secrets: [old] });
  const fail = (service: string) => {
    rehearsal.model.rollout.fates.push({ serviceId: service, fate: { failsAfterSeconds: 1, error: words } });
    rehearsal.model.rollout.fates.push({ secretId: old.id, fate: { failsAfterSeconds: null } });
  };
  return { rehearsal, old, fail, plan: rehearsal.rotation([old.id], names, over) };
}

async function decide(rehearsal: Rehearsal, { id }: Operation, choice: AttentionChoice): Promise<Operation> {
  await decideAttention(samplePermit("operation.decide", { operationId: id, kind: "rotate" }), choice, rehearsal.store);
  return rehearsal.run(id);
}

/** Another hand's deploy, which pauses, just before Skep's next update arrives. */
function overtakeNext(rehearsal: Rehearsal): void {
  let isNext = true;
  rehearsal.model.meddle = async ({ name }, apply) => {
    if (name === "updateService" && isNext) {
      isNext = false;
      rehearsal.model.edit("service-a", (spec) => {
        spec.TaskTemplate.ContainerSpec.Env = ["BAD=1"];
      });
      rehearsal.model.advance(30);
    }
    return apply();
  };
}

describe("a paused rollout that a person has tried again", () => {
  it("and that another hand's deploy overtakes is left to that hand: nothing is sent, nothing called applied", async () => {
    const { rehearsal, plan, fail } = scene(["a"], { oldValueStaysValid: false });
    fail("service-a");
    const stopped = await rehearsal.run(await rehearsal.start(plan));
    overtakeNext(rehearsal);
    const again = await decide(rehearsal, stopped, "try-again");
    expect(again.attention?.because).toContain("paused by another hand");
    const undone = await decide(rehearsal, again, "undo");
    expect(undone.attention?.because).toContain("paused by another hand");
    expect(rehearsal.updates("a")).toBe(1);
    expect(rehearsal.model.service("service-a").update?.state).toBe("paused");
    const ends = rehearsal.store.events.flatMap(({ detail }) => (detail.type === "call.ended" ? [detail] : []));
    expect(ends.map(({ step, result }) => `${step} ${result}`)).toEqual([
      "create:version-2 applied",
      "move:service-a applied",
      "move:service-a not-applied",
    ]);
  });

  it("and that pauses again is still this operation's own, and is undone without waiting", async () => {
    const { rehearsal, plan, fail } = scene(["a"], { oldValueStaysValid: false });
    fail("service-a");
    const stopped = await rehearsal.run(await rehearsal.start(plan));
    const again = await decide(rehearsal, stopped, "try-again");
    expect(again.attention?.because).toContain(words);
    const at = rehearsal.model.now;
    expect((await decide(rehearsal, again, "undo")).outcome).toBe("undone");
    expect(rehearsal.model.now - at).toBeLessThan(60_000);
    expect(rehearsal.named("a")).toEqual({ db_password: "db_password_v1" });
  });

  it("and whose call was not answered is looked at anew: whether it arrived cannot be known", async () => {
    const { rehearsal, plan, fail } = scene(["a"], { oldValueStaysValid: false });
    fail("service-a");
    const stopped = await rehearsal.run(await rehearsal.start(plan));
    rehearsal.model.rollout.fates.length = 0;
    let isNext = true;
    rehearsal.model.meddle = async ({ name }, apply) => {
      const answer = await apply();
      if (name !== "updateService" || !isNext) return answer;
      isNext = false;
      throw new Error("the answer was lost");
    };
    expect((await decide(rehearsal, stopped, "try-again")).outcome).toBe("done");
    const results = rehearsal.store.events.flatMap(({ detail }) => (detail.type === "call.ended" ? detail.result : []));
    expect(results.slice(2)).toEqual(["unknown"]);
    expect(rehearsal.updates("a")).toBe(2);
  });
});

describe("an undo", () => {
  it("claims no service where another hand put something else: that one is named, and the end is a mixed one", async () => {
    const { rehearsal, plan, fail } = scene(["a", "b"], { order: "one-by-one" });
    const foreign = rehearsal.model.addSecret("somebody_elses");
    fail("service-b");
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: (operation) => findStep(operation, "watch", "service-a")?.state === "done" });
    rehearsal.model.edit("service-a", ({ TaskTemplate }) => {
      for (const each of TaskTemplate.ContainerSpec.Secrets ?? []) {
        Object.assign(each, { SecretID: foreign.id, SecretName: foreign.name });
      }
    });
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("stopped-mixed");
    const lanes = viewOf(operation, sampleStarter).lanes.map(({ serviceName, state }) => `${serviceName} ${state}`);
    expect(lanes).toEqual(["a moved-by-another-hand", "b undone"]);
    expect(rehearsal.named("a")).toEqual({ db_password: "somebody_elses" });
  });
});
