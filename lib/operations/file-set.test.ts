import { describe, expect, it } from "vitest";
import { findStep } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { sampleChange, samplePlan } from "./sample.ts";
import type { PlannedEdit } from "./schema.ts";

const access = { uid: "0", gid: "0", mode: 0o400 };

/** Put back as older plans said it, and as they say it now. */
const ways: [string, (objectId: string) => PlannedEdit[]][] = [
  ["set in place", (objectId) => [{ edit: "set-file", objectId, target: "db_password", to: end(objectId), ...access }]],
  [
    "removed and added",
    (objectId) => [
      { edit: "remove", objectId, target: "db_password" },
      { edit: "add", to: end(objectId), target: "db_password", ...access },
    ],
  ],
];

function end(objectId: string) {
  return { object: "existing", objectId, objectName: "db_password_v1" } as const;
}

function scene(edits: (objectId: string) => PlannedEdit[]) {
  const rehearsal = new Rehearsal();
  const old = rehearsal.own();
  rehearsal.model.addService("a", { secrets: [old] });
  const plan = samplePlan({ kind: "put-back", changes: [sampleChange("service-a", edits(old.id))] });
  return { rehearsal, plan };
}

function mode({ model }: Rehearsal): number | undefined {
  return model.service("service-a").spec.TaskTemplate.ContainerSpec.Secrets?.[0]?.File.Mode;
}

describe.each(ways)("a mode that is put back, %s,", (_way, edits) => {
  it("is not taken for applied when another hand was first", async () => {
    const { rehearsal, plan } = scene(edits);
    let isFirst = true;
    rehearsal.model.meddle = async ({ name }, apply) => {
      if (name === "updateService" && isFirst) {
        isFirst = false;
        rehearsal.model.edit("service-a", (spec) => {
          spec.TaskTemplate.ContainerSpec.Env = ["ADDED=1"];
        });
        rehearsal.model.advance(20);
      }
      return apply();
    };
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("done");
    expect(mode(rehearsal)).toBe(0o400);
    expect(rehearsal.store.books.grants).toMatchObject([{ target: "db_password", mode: 0o400 }]);
  });

  it("and fails is undone: its own paused rollout is not another hand's", async () => {
    const { rehearsal, plan } = scene(edits);
    rehearsal.model.rollout.fates.push({ serviceId: "service-a", fate: { failsAfterSeconds: 1, error: "no" } });
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: ({ direction }) => direction === "undoing" });
    rehearsal.model.rollout.fates.length = 0;
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("undone");
    expect(mode(rehearsal)).toBe(0o444);
    expect(rehearsal.updates("a")).toBe(2);
  });

  it("and set back by another hand while it is watched is that hand's", async () => {
    const { rehearsal, plan } = scene(edits);
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: (operation) => findStep(operation, "move", "service-a")?.state === "done" });
    rehearsal.model.edit("service-a", ({ TaskTemplate }) => {
      for (const { File } of TaskTemplate.ContainerSpec.Secrets ?? []) File.Mode = 0o440;
    });
    expect((await rehearsal.run(id)).outcome).toBe("done-left-out");
  });
});

describe("a grant", () => {
  it("is of a file: spelled x or /run/secrets/x, it is one, and moves with the service", async () => {
    const rehearsal = new Rehearsal();
    const old = rehearsal.own();
    rehearsal.model.addService("a", { secrets: [{ ...old, target: "/run/secrets/db_password" }] });
    const place = { secretId: "secret-db", serviceId: "service-a", serviceName: "a", target: "db_password" };
    rehearsal.store.books.grants.push({ ...place, uid: "0", gid: "0", mode: 0o444, objectId: old.id });
    await rehearsal.run(await rehearsal.start(rehearsal.rotation([old.id], ["a"])));
    const made = [...rehearsal.model.secrets.values()].at(-1)?.id;
    expect(rehearsal.store.books.grants).toMatchObject([{ target: "/run/secrets/db_password", objectId: made }]);
  });
});
