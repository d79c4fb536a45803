import { describe, expect, it } from "vitest";
import { emptySnapshot } from "#lib/swarm/live-state.ts";
import { attentionOf } from "./attention.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { nowOf } from "./now.ts";
import { requestStop } from "./requests/stop.ts";
import { samplePermit, sampleStarter } from "./sample.ts";
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
    expect(effects(attention)["try-again"]).toContain("sends it what it had before once more");
    expect(attention?.choices.map(({ choice }) => choice)).toEqual(["try-again", "accept"]);
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
