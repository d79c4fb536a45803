import { describe, expect, it } from "vitest";
import { byHandWays } from "./by-hand-ways.ts";
import type { Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { sampleChange, sampleRetirement, sampleVersion, toCreated } from "./sample.ts";
import type { Plan } from "./schema.ts";

async function scene(over: (plan: Plan) => Partial<Plan> = () => ({})) {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of ["a", "b", "c"]) rehearsal.model.addService(name, { secrets: [old] });
  const plan = rehearsal.rotation([old.id], ["a", "b", "c"], { order: "one-by-one" });
  const id = await rehearsal.start({ ...plan, ...over(plan) });
  const gateway = rehearsal.model.gateway();
  const byHand = async (operation: Operation) => {
    const [services, secrets] = [await gateway.listServices(), await gateway.listSecrets()];
    const [finish, undo] = byHandWays(operation, {
      services: new Map(services.map((each) => [each.id, each])),
      secrets: new Map(secrets.map((each) => [each.id, each])),
    });
    return { finish, undo };
  };
  const titles = (way: { steps: { title: string }[] } | undefined) => way?.steps.map(({ title }) => title);
  return { rehearsal, id, old, byHand, titles };
}

const moved = (count: number) => (operation: Operation) =>
  operation.steps.filter(({ name, state }) => name === "watch" && state === "done").length >= count;

describe("by hand", () => {
  it("an operation that has not begun is made, moved in the plan's order, and the old version goes later", async () => {
    const { rehearsal, id, byHand, titles } = await scene();
    const { finish, undo } = await byHand(await rehearsal.find(id));
    expect(titles(finish)).toEqual([
      "Make db_password_v2",
      "Move a",
      "Move b",
      "Move c",
      "Later: remove db_password_v1",
    ]);
    expect(finish?.steps[1]?.commands[0]).toContain("--secret-rm db_password_v1");
    expect(finish?.steps[1]?.commands[0]).toContain("source=db_password_v2,target=db_password,uid=0,gid=0,mode=0444");
    expect(undo?.steps).toEqual([]);
  });

  it("one that is half-way is finished from there, or undone from there, the newest first", async () => {
    const { rehearsal, id, byHand, titles } = await scene();
    const { finish, undo } = await byHand(await rehearsal.run(id, { until: moved(1) }));
    expect(titles(finish)?.slice(0, 4)).toEqual([
      "db_password_v2 is made already",
      "a is moved already",
      "b is moved already",
      "Move c",
    ]);
    expect(titles(undo)).toEqual(["Put b back", "Put a back", "Remove db_password_v2"]);
    expect(undo?.steps[0]?.commands[0]).toContain("--secret-rm db_password_v2");
    expect(undo?.steps[0]?.commands[0]).toContain("source=db_password_v1,target=db_password");
  });

  it("what somebody did by hand meanwhile needs no command any more", async () => {
    const { rehearsal, id, old, byHand, titles } = await scene();
    const operation = await rehearsal.run(id, { until: moved(1) });
    rehearsal.model.edit("service-a", ({ TaskTemplate: { ContainerSpec } }) => {
      for (const each of ContainerSpec.Secrets ?? []) {
        each.SecretID = old.id;
        each.SecretName = old.name;
      }
    });
    expect(titles((await byHand(operation)).undo)).toEqual([
      "Put b back",
      "a is as it was before",
      "Remove db_password_v2",
    ]);
  });

  it("there is no way back where the old value works no more, and that is said", async () => {
    const { rehearsal, id, byHand } = await scene(() => ({ oldValueStaysValid: false }));
    const { undo } = await byHand(await rehearsal.run(id, { until: moved(1) }));
    expect(undo).toMatchObject({ steps: [], sentence: expect.stringContaining("no way back") });
  });

  it("a service that the plan left out stays left out, one that is gone is named, and the canary goes first", async () => {
    const { rehearsal, id, byHand, titles } = await scene(({ changes }) => ({
      order: "canary",
      canaryServiceId: "service-c",
      changes: changes.map((each) => (each.serviceId === "service-a" ? { ...each, leftOut: "by-choice" } : each)),
    }));
    rehearsal.model.services.delete("service-b");
    const { finish } = await byHand(await rehearsal.find(id));
    expect(titles(finish)?.slice(1, 4)).toEqual(["Move c", "a is left out: by plan, it stays as it is", "b is gone"]);
  });

  it("what cannot be put back any more is said by name", async () => {
    const { rehearsal, id, old, byHand, titles } = await scene();
    const operation = await rehearsal.run(id, { until: moved(1) });
    rehearsal.model.secrets.delete(old.id);
    const { undo } = await byHand(operation);
    expect(titles(undo)?.[0]).toBe("b cannot go back: db_password_v1 is no longer in the Swarm");
  });

  it("a service whose update is paused is pointed at before anything is sent to it", async () => {
    const { rehearsal, id, byHand } = await scene();
    rehearsal.model.service("service-a").update = { state: "paused", startedAt: 0, completedAt: null, message: "" };
    expect((await byHand(await rehearsal.find(id))).finish?.steps[1]?.note).toContain("is paused");
  });

  it("a group of secrets moves a service in one command", async () => {
    const rehearsal = new Rehearsal();
    const [first, second] = [rehearsal.own(), rehearsal.own("key", 1, { secretId: "secret-key", versionId: "key-1" })];
    rehearsal.model.addService("a", { secrets: [first, { ...second, target: "key" }] });
    const plan = rehearsal.rotation([first.id], [], {
      create: [sampleVersion(), sampleVersion({ versionId: "key-2", objectName: "key_v2", secretId: "secret-key" })],
      changes: [sampleChange("service-a", [toCreated([first.id]), toCreated([second.id], "key-2")])],
      retire: [sampleRetirement(first.id, { keepSeconds: 0 })],
    });
    const operation = await rehearsal.find(await rehearsal.start(plan));
    const services = new Map((await rehearsal.model.gateway().listServices()).map((each) => [each.id, each]));
    const secrets = new Map((await rehearsal.model.gateway().listSecrets()).map((each) => [each.id, each]));
    const [finish] = byHandWays(operation, { services, secrets });
    const command = finish?.steps.find(({ title }) => title === "Move a")?.commands[0] ?? "";
    expect(command.match(/--secret-(rm|add) \S+/g)).toHaveLength(4);
    expect(finish?.steps.at(-1)).toMatchObject({
      title: "Remove db_password_v1",
      commands: ["docker secret rm db_password_v1"],
    });
  });
});
