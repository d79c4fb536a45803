import { expect, it } from "vitest";
import { testDatabase } from "#lib/db/test-database.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import { samplePermit, samplePlan, sampleSettings } from "./sample.ts";
import { startOperation } from "./start.ts";
import { operationStore } from "./store.ts";

const { database } = await testDatabase();

it("of adoptions of one object at the same moment one holds, and the others are told so at once", async () => {
  const rehearsal = new Rehearsal();
  const ports = { ...rehearsal.ports, store: operationStore(database) };
  const object = rehearsal.model.addSecret("n");
  const adopt = (secretId: string, name: string) => {
    const version = { versionId: `${secretId}-1`, number: 1, objectId: object.id, objectName: "n" };
    const versions = [{ ...version, createdAt: new Date().toISOString(), state: "current" as const }];
    const plan = samplePlan({
      kind: "adopt",
      secrets: [{ secretId, secretName: name, fromVersion: null, toVersion: 1 }],
      record: [{ record: "adopt", secretId, name, settings: sampleSettings, versions }],
    });
    return startOperation(samplePermit("secret.adopt", { objectIds: [object.id] }), plan, { ports });
  };
  const all = await Promise.allSettled([adopt("s1", "n"), adopt("s2", "n"), adopt("s3", "m"), adopt("s4", "m")]);
  const held = all.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const codes = all.flatMap((each) => (each.status === "rejected" ? [each.reason.code] : []));
  expect(held).toMatchObject([{ state: "ended", outcome: "done" }]);
  expect(codes.filter((code) => code !== "name-taken" && code !== "plan-changed")).toEqual([]);
  expect(await database.operation.count()).toBe(1);
  expect(await database.version.findMany()).toMatchObject([{ objectId: object.id, state: "current" }]);
});
