import { describe, expect, it } from "vitest";
import { emptySnapshot } from "#lib/swarm/live-state.ts";
import { attentionOf } from "./attention.ts";
import { type Attention, type LedgerStep, newStep } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { nowOf } from "./now.ts";
import { requestStop } from "./requests/stop.ts";
import { samplePermit, sampleStarter, sampleVersion } from "./sample.ts";
import type { AttentionView, Plan } from "./schema.ts";
import { viewOf } from "./view.ts";

const words = "task: non-zero exit (1)";

async function scene(over: Partial<Plan>, failing = "b") {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of ["a", "b", "c"]) rehearsal.model.addService(name, { secrets: [old] });
  rehearsal.model.rollout.fates.push({ serviceId: `service-${failing}`, fate: { failsAfterSeconds: 1, error: words } });
  rehearsal.model.rollout.fates.push({ secretId: old.id, fate: { failsAfterSeconds: null } });
  const id = await rehearsal.start(rehearsal.rotation([old.id], ["a", "b", "c"], { order: "one-by-one", ...over }));
  return { rehearsal, id, old };
}

/** As somebody, or the Swarm itself, puts the old version into the first service again. */
function takeBack({ model }: Rehearsal, old: { id: string; name: string }): void {
  model.edit("service-a", ({ TaskTemplate: { ContainerSpec } }) => {
    ContainerSpec.Secrets = (ContainerSpec.Secrets ?? []).map((each) => {
      return { ...each, SecretID: old.id, SecretName: old.name };
    });
  });
}

function effects(attention: AttentionView | null): Record<string, string> {
  return Object.fromEntries((attention?.choices ?? []).map(({ choice, effect }) => [choice, effect]));
}

describe("an operation that needs a person says", () => {
  it("what Skep did about a failure where the old value works no more, and what each choice would do now", async () => {
    const { rehearsal, id } = await scene({ oldValueStaysValid: false });
    const { attention } = viewOf(await rehearsal.run(id), sampleStarter);
    expect(attention?.sentence).toContain(words);
    expect(attention?.did).toBe(
      "The old value was said not to work any more, so Skep put nothing back, and began no further service.",
    );
    expect(effects(attention)).toEqual({
      "try-again": "Looks at b, and sends it the change once more if it has to; then goes on with 1 further service.",
      undo: "Puts a and b back on what they had: the old value must work again by then.",
      accept: "Ends here: a and b stay as changed, c as before. Every version is kept.",
    });
  });

  it("that a service could not be put back, and how it would be tried again", async () => {
    const { rehearsal, id, old } = await scene({});
    rehearsal.model.rollout.fates.pop();
    rehearsal.model.rollout.fates.push({ secretId: old.id, fate: { failsAfterSeconds: 1, error: words } });
    const { attention } = viewOf(await rehearsal.run(id), sampleStarter);
    expect(attention?.did).toContain("was putting services back");
    expect(effects(attention)["try-again"]).toBe(
      "Looks at b and a, and sends them what they had before once more if it has to.",
    );
    expect(attention?.choices.map(({ choice }) => choice)).toEqual(["try-again", "accept"]);
  });

  it("of every service that failed that it would be tried again, not only of the first", async () => {
    const { rehearsal, id } = await scene({ oldValueStaysValid: false, order: "together" });
    rehearsal.model.rollout.fates.unshift({ serviceId: "service-a", fate: { failsAfterSeconds: 1, error: words } });
    const { attention } = viewOf(await rehearsal.run(id), sampleStarter);
    expect(effects(attention)["try-again"]).toMatch(/^Looks at (a and b|b and a), and sends them the change once more/);
  });

  it("that a service has the new version, where it failed while a person was stopping it", async () => {
    const { rehearsal, id } = await scene({});
    await rehearsal.run(id, {
      until: ({ steps }) => steps.some(({ key, state }) => key === "move:service-b" && state === "done"),
    });
    await requestStop(samplePermit("operation.stop", { operationId: id }), rehearsal.store);
    const { attention } = viewOf(await rehearsal.run(id), sampleStarter);
    expect(attention?.did).toBe("It was updated. Skep put nothing back, and began no further service.");
  });

  it("no further service where a person had stopped it herself", async () => {
    const { rehearsal, id } = await scene({ oldValueStaysValid: false });
    await rehearsal.run(id, {
      until: ({ steps }) => steps.some(({ key, attempt }) => key === "move:service-b" && attempt > 0),
    });
    await requestStop(samplePermit("operation.stop", { operationId: id }), rehearsal.store);
    const { attention } = viewOf(await rehearsal.run(id), sampleStarter);
    expect(effects(attention)["try-again"]).toBe("Looks at b, and sends it the change once more if it has to.");
  });
});

it("A service that the Swarm has rolled back itself is not said to stay as changed, and need not be put back", async () => {
  const { rehearsal, id, old } = await scene({ oldValueStaysValid: false }, "a");
  const operation = await rehearsal.run(id);
  takeBack(rehearsal, old);
  const services = new Map((await rehearsal.model.gateway().listServices()).map((each) => [each.id, each]));
  const { lanes } = viewOf(operation, sampleStarter);
  expect(effects(attentionOf(operation, lanes, services))).toMatchObject({
    undo: "Gives the new version up. No service has it.",
    accept: "Ends here: a, b and c as before. Every version is kept.",
  });
});

it("What a service names and runs at this moment is told apart from what was sent to it", async () => {
  const { rehearsal, id, old } = await scene({ oldValueStaysValid: false });
  const operation = await rehearsal.run(id);
  takeBack(rehearsal, old);
  rehearsal.model.advance(60);
  const gateway = rehearsal.model.gateway();
  const swarm = {
    ...emptySnapshot,
    services: new Map((await gateway.listServices()).map((each) => [each.id, each])),
    tasksByService: Map.groupBy(await gateway.listTasks(), ({ serviceId }) => serviceId),
  };
  expect(nowOf(operation, "service-a", swarm)).toBe("Now it names `db_password_v1`, and 2 tasks run with it.");
  expect(nowOf(operation, "service-b", swarm)).toMatch(
    /^Now it names `db_password_v2`, and (no task runs|\d tasks? runs?) with it; .*the Swarm has paused its update\.$/,
  );
  expect(nowOf(operation, "service-c", swarm)).toBe("Now it names `db_password_v1`, and 2 tasks run with it.");
  rehearsal.model.services.delete("service-c");
  expect(nowOf(operation, "service-c", { ...swarm, services: new Map() })).toBeNull();
});

describe("what a choice would do is told without a service's name, a version or a removal that there is not", () => {
  const failed: LedgerStep = { ...newStep("check", { id: "", name: "" }, 9), state: "failed" };
  const attention: Attention = {
    because: "The last look at all services failed.",
    direction: "forward",
    stepKey: failed.key,
    choice: null,
    choices: ["try-again", "undo", "accept"],
  };
  const attentionWith = async (over: Partial<Plan> = {}, others: LedgerStep[] = []) => {
    const { rehearsal, id } = await scene({});
    const operation = await rehearsal.find(id);
    const plan = { ...operation.plan, ...over };
    return attentionOf({ ...operation, plan, state: "needs-attention", attention, steps: [...others, failed] }, []);
  };

  it("when the last look at all services failed", async () => {
    const attention = await attentionWith();
    expect(attention?.did).toBe("What was sent to services stays as it is. Skep has sent nothing since.");
    expect(effects(attention)["try-again"]).toBe("Looks once more, and goes on where it stopped.");
  });

  it("when nothing was made, or several versions were", async () => {
    expect(effects(await attentionWith({ create: [] })).undo).toBe("Ends here. No service was changed.");
    const create = [sampleVersion(), sampleVersion({ versionId: "version-3" })];
    expect(effects(await attentionWith({ create })).undo).toBe("Gives the new versions up. No service has them.");
  });

  it("when one of the old versions is removed already", async () => {
    const removed: LedgerStep = { ...newStep("remove", { id: "version-1", name: "db_password_v1" }, 8), state: "done" };
    expect(effects(await attentionWith({}, [removed])).accept).toBe(
      "Ends here. db_password_v1 is removed already; what is left is kept.",
    );
  });
});
