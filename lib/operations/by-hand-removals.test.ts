import { describe, expect, it } from "vitest";
import type { UpdateState } from "#lib/swarm/schema.ts";
import type { ByHandWay } from "./by-hand-step.ts";
import { byHandWays } from "./by-hand-ways.ts";
import type { Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { seenBy } from "./model/seen-by.ts";

/** Three services on one version, of which a rotation moves a and b; c had it before. */
async function scene(keepSeconds = 0) {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  for (const name of ["a", "b"]) rehearsal.model.addService(name, { secrets: [old] });
  rehearsal.model.addService("c", {});
  const plan = rehearsal.rotation([old.id], ["a", "b"], { order: "one-by-one" });
  const retire = plan.retire.map((each) => ({ ...each, keepSeconds }));
  const id = await rehearsal.start({ ...plan, retire });
  const ways = async (operation: Operation) => byHandWays(operation, await seenBy(rehearsal.model.gateway()));
  /** As a service that had the old version until its last update. */
  const had = (name: string) => {
    const service = rehearsal.model.service(`service-${name}`);
    service.previousSpec = structuredClone(rehearsal.model.service("service-a").spec);
    return service;
  };
  return { rehearsal, id, old, ways, had };
}

function titlesFrom(look: string, way: ByHandWay | undefined): string[] {
  const titles = way?.steps.map(({ title }) => title) ?? [];
  return titles.slice(titles.findIndex((title) => title.startsWith(look)));
}

const moved = (operation: Operation) => operation.steps.some(({ name, state }) => name === "watch" && state === "done");

describe("before anything is removed by hand", () => {
  it("a step of its own looks for tasks that still use it, and the notes say what Docker does not ask", async () => {
    const { rehearsal, id, ways } = await scene(60);
    const [finish, undo] = await ways(await rehearsal.run(id, { until: moved }));
    for (const [way, name] of [
      [finish, "db_password_v1"],
      [undo, "db_password_v2"],
    ] as const) {
      const look = way?.steps.find(({ title }) => title === `Look for tasks that still use ${name}`);
      const remove = way?.steps.at(-1);
      expect(look?.commands.join()).toContain(`index($0, " ${name} ")`);
      expect(look?.notes.join()).toContain("node that is down");
      expect(remove?.commands).toEqual([`docker secret rm ${name}`]);
      expect(remove?.notes.join(" ")).toContain("docker service rollback then fails");
    }
    expect(finish?.steps.at(-1)?.notes.join(" ")).toContain("next deploy of a stack");
  });

  it("every service that could be rolled back to it is released: those that the page moves, and those that were moved", async () => {
    const { rehearsal, id, ways, had } = await scene();
    had("c");
    const [finish, undo] = await ways(await rehearsal.run(id, { until: moved }));
    expect(titlesFrom("Look", finish)).toEqual([
      "Look for tasks that still use db_password_v1",
      "Let a forget its previous spec",
      "Let b forget its previous spec",
      "Let c forget its previous spec",
      "Remove db_password_v1",
    ]);
    const [, a, b, c] = finish?.steps.slice(-5) ?? [];
    expect(a).toEqual({
      title: "Let a forget its previous spec",
      notes: [expect.stringContaining("still roll a back to db_password_v1")],
      commands: ["docker service update --detach a"],
    });
    expect([a, b, c].map((step) => step?.notes.join().includes("have ended well"))).toEqual([false, true, false]);
    expect(titlesFrom("Look", undo)).toEqual([
      "Look for tasks that still use db_password_v2",
      "Let a forget its previous spec",
      "Let b forget its previous spec",
      "Remove db_password_v2",
    ]);
  });

  it("one that was released already needs no more, and what is kept for a time is released after it", async () => {
    const { rehearsal, id, ways } = await scene(60);
    const operation = await rehearsal.run(id, { until: moved });
    const service = rehearsal.model.service("service-a");
    service.previousSpec = structuredClone(service.spec);
    expect(titlesFrom("Look", (await ways(operation))[0])).toEqual([
      "Look for tasks that still use db_password_v1",
      "Later: let b forget its previous spec",
      "Later: remove db_password_v1",
    ]);
  });

  it.each<[UpdateState | "job", string]>([
    ["paused", "c could be rolled back to it, and an update of it is under way or paused."],
    ["rollback_started", "c could be rolled back to it, and an update of it is under way or paused."],
    ["rollback_completed", "c could be rolled back to it, and its last update was rolled back."],
    ["job", "c could be rolled back to it, and to change that would run it again."],
  ])("what a service that may not be released (%s) could be rolled back to stays, with the reason", async (is, why) => {
    const { rehearsal, id, ways, had } = await scene();
    const service = had("c");
    if (is === "job") service.spec.Mode = { ReplicatedJob: { TotalCompletions: 1 } };
    else service.update = { state: is, startedAt: 0, completedAt: null, message: "" };
    const [finish] = await ways(await rehearsal.run(id, { until: moved }));
    expect(finish?.steps.slice(-2)).toEqual([
      expect.objectContaining({ title: "b is moved already" }),
      { title: "db_password_v1 stays, as Skep would keep it", notes: [why], commands: [] },
    ]);
  });

  it("an update that is under way is waited for before its service is released", async () => {
    const { rehearsal, id, ways, had } = await scene();
    had("c").update = { state: "updating", startedAt: 0, completedAt: null, message: "" };
    const [finish] = await ways(await rehearsal.run(id, { until: moved }));
    const step = finish?.steps.find(({ title }) => title === "Let c forget its previous spec");
    expect(step?.notes.join()).toContain("have ended well before");
  });
});
