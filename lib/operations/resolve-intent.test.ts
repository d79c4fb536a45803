import { describe, expect, it } from "vitest";
import type { OutsideCall, SwarmCall } from "#lib/audit/schema.ts";
import { operationLabel } from "#lib/swarm/labels.ts";
import { ModelSwarm } from "./model/swarm.ts";
import { seenOf } from "./resolve-intent.ts";

function scene() {
  const model = new ModelSwarm();
  const ask = (call: OutsideCall, clusterId = "cluster-1") =>
    seenOf(model.gateway(), { clusterId, operationId: "operation-1", call });
  return { model, ask };
}

const secret = { id: "secret-db", name: "db" };
const made: SwarmCall = { call: "secret.create", objectName: "db_v2", version: 2, secret, labelKeys: [] };

describe("a call that was written down and never answered, of an operation that has ended", () => {
  it("made the object only where the one of that name carries the operation's label", async () => {
    const { model, ask } = scene();
    expect(await ask(made)).toMatchObject({ result: "not-applied", objectId: null });
    const foreign = model.addSecret("db_v2");
    expect(await ask(made)).toMatchObject({ result: "not-applied", seen: "another object has this name" });
    model.secrets.delete(foreign.id);
    const own = model.addSecret("db_v2", { [operationLabel]: "operation-1" });
    expect(await ask(made)).toMatchObject({ result: "applied", objectId: own.id });
  });

  it("to the other side of a password is not known, and no password is said to have been sent where none was", async () => {
    const { ask } = scene();
    const call = { rotator: { id: "rotator-1", name: "orders" }, login: "app_b" };
    const gone = { result: "unknown", seen: "the password that was sent is gone" };
    expect(await ask({ call: "rotator.set", ...call })).toMatchObject(gone);
    const untold = { result: "unknown", seen: "whether it was told cannot be asked" };
    expect(await ask({ call: "rotator.finish", ...call })).toMatchObject(untold);
  });

  it("removed the object when it is gone", async () => {
    const { model, ask } = scene();
    const { id: objectId } = model.addSecret("db_v1");
    const call: SwarmCall = { call: "secret.remove", objectId, objectName: "db_v1", version: 1, secret };
    expect(await ask(call)).toMatchObject({ result: "not-applied" });
    model.secrets.delete(objectId);
    expect(await ask(call)).toMatchObject({ result: "applied" });
  });

  it("updated the service when it names what was sent; where another hand came since, that cannot be known", async () => {
    const { model, ask } = scene();
    const [old, fresh] = [model.addSecret("db_v1"), model.addSecret("db_v2")];
    const { index: versionIndex } = model.addService("a", { secrets: [old] });
    const file = { target: "db_password", uid: "0", gid: "0", mode: 0o444 };
    const ends = { fromObjectId: old.id, fromObjectName: old.name, toObjectId: fresh.id, toObjectName: fresh.name };
    const call: SwarmCall = {
      call: "service.update",
      service: { id: "service-a", name: "a" },
      versionIndex,
      why: "move",
      changes: [{ change: "replaced", ...file, ...ends }],
    };
    expect(await ask(call)).toMatchObject({ result: "not-applied" });
    model.edit("service-a", () => undefined);
    expect(await ask(call)).toMatchObject({ result: "unknown" });
    model.edit("service-a", ({ TaskTemplate }) => {
      for (const each of TaskTemplate.ContainerSpec.Secrets ?? []) Object.assign(each, { SecretID: fresh.id });
    });
    expect(await ask(call)).toMatchObject({ result: "applied" });
    model.services.clear();
    expect(await ask(call)).toMatchObject({ result: "unknown" });
  });

  it("is not asked of another Swarm", async () => {
    const { ask } = scene();
    expect(await ask(made, "cluster-2")).toMatchObject({ result: "unknown", seen: "another Swarm answers now" });
  });
});
