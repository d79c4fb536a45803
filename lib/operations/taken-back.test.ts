import { describe, expect, it } from "vitest";
import { findStep } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { requestUndo } from "./requests/undo.ts";
import { sampleChange, samplePermit, samplePlan } from "./sample.ts";
import type { PlannedRecord } from "./schema.ts";

const kept: PlannedRecord = {
  record: "keep",
  secretId: "secret-db",
  secretName: "db_password",
  versionId: "version-1",
  number: 1,
  objectName: "db_password_v1",
};
const secrets = [{ secretId: "secret-db", secretName: "db_password", fromVersion: 1, toVersion: 1 }];

/** A secret that is to be retired, and a service that is given it. */
async function scene() {
  const rehearsal = new Rehearsal();
  const object = rehearsal.own();
  rehearsal.model.addService("a");
  const version = rehearsal.store.books.versions.get("version-1");
  if (!version) throw new Error("no version");
  rehearsal.store.books.versions.set(version.id, { ...version, retireAfter: 1, retireRequestedBy: "ada" });
  const to = { object: "existing", objectId: object.id, objectName: object.name } as const;
  const edit = { edit: "add", to, target: "db_password", uid: "0", gid: "0", mode: 0o444 } as const;
  const grant = samplePlan({ kind: "grant", secrets, changes: [sampleChange("service-a", [edit])], record: [kept] });
  const retiring = async () => (await rehearsal.store.findVersions("cluster-1", [object.id]))[0]?.retireAfter;
  return { rehearsal, grant, retiring };
}

const takenBack = ({ store }: Rehearsal) =>
  store.events.filter(({ detail }) => detail.type === "retirement.taken-back");

describe("a retirement that waits", () => {
  it("is taken back by a grant, and the history says so: nothing is removed when the service loses it again", async () => {
    const { rehearsal, grant, retiring } = await scene();
    expect((await rehearsal.run(await rehearsal.start(grant))).outcome).toBe("done");
    expect(await retiring()).toBeNull();
    expect(takenBack(rehearsal)).toMatchObject([
      { actor: { name: "ops.one" }, detail: { objectName: "db_password_v1", version: 1 } },
    ]);
    expect(await rehearsal.store.findRetiring("cluster-1")).toEqual([]);
  });

  it("stays asked for where the grant was undone", async () => {
    const { rehearsal, grant, retiring } = await scene();
    const id = await rehearsal.start(grant);
    await rehearsal.run(id, { until: (operation) => findStep(operation, "move", "service-a")?.state === "done" });
    await requestUndo(samplePermit("operation.undo", { operationId: id, kind: "grant" }), rehearsal.store);
    expect((await rehearsal.run(id)).outcome).toBe("undone");
    expect(await retiring()).not.toBeNull();
    expect(takenBack(rehearsal)).toEqual([]);
  });

  it("is taken back without a word to the Swarm when a person keeps it", async () => {
    const { rehearsal, retiring } = await scene();
    const plan = samplePlan({ kind: "keep", secrets, record: [kept] });
    expect((await rehearsal.run(await rehearsal.start(plan))).outcome).toBe("done");
    expect(await retiring()).toBeNull();
    expect(takenBack(rehearsal)).toHaveLength(1);
    expect(rehearsal.updates("a")).toBe(0);
  });
});
