import { describe, expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import { SecretValue } from "#lib/value.ts";
import { findStep, type Operation } from "./ledger.ts";
import { Rehearsal } from "./model/rehearsal.ts";
import type { PlannedValue } from "./planned-value.ts";
import { sampleChange, samplePermit, sampleRetirement, sampleStarter, sampleVersion, toCreated } from "./sample.ts";
import type { Plan, PlannedVersion } from "./schema.ts";
import { startOperation } from "./start.ts";
import { leaseSeconds } from "./store-port.ts";
import { viewOf } from "./view.ts";

const typed: PlannedValue = { from: "typed" };
const generated: PlannedValue = { from: "generated", generator: { type: "uuid" } };
const names = ["api_key", "db_password", "smtp_password"];

/** Three secrets; `a` and `b` hold all of them, `c` the first alone. */
function scene(value: PlannedValue, over: Partial<Plan> = {}) {
  const rehearsal = new Rehearsal();
  const olds = names.map((name) => {
    return { ...rehearsal.own(name, 1, { secretId: `secret-${name}`, versionId: `version-${name}-1` }), target: name };
  });
  const holders = { a: olds, b: olds, c: olds.slice(0, 1) };
  for (const [service, secrets] of Object.entries(holders)) rehearsal.model.addService(service, { secrets });
  const create = names.map((name): PlannedVersion => {
    const own = { secretId: `secret-${name}`, secretName: name, versionId: `version-${name}-2` };
    return sampleVersion({ ...own, objectName: `${name}_v2`, value });
  });
  const edits = olds.map(({ id }, place) => toCreated([id], create[place]?.versionId));
  const plan = rehearsal.rotation([], [], {
    order: "one-by-one",
    secrets: create.map(({ secretId, secretName }) => ({ secretId, secretName, fromVersion: 1, toVersion: 2 })),
    create,
    changes: Object.entries(holders).map(([service, held]) =>
      sampleChange(`service-${service}`, edits.slice(0, held.length)),
    ),
    retire: olds.map(({ id }, place) => {
      const own = { secretId: `secret-${names[place]}`, secretName: names[place] ?? "" };
      return sampleRetirement(id, { ...own, versionId: `version-${names[place]}-1`, objectName: `${names[place]}_v1` });
    }),
    ...over,
  });
  return { rehearsal, plan, olds };
}

/** A service's new tasks fail, but for those with what it had before. */
function failIn({ model }: Rehearsal, service: string, olds: readonly { id: string }[]): void {
  model.rollout.fates.push({ serviceId: `service-${service}`, fate: { failsAfterSeconds: 1, error: "no" } });
  for (const { id: secretId } of olds) model.rollout.fates.push({ secretId, fate: { failsAfterSeconds: null } });
}

const all = (number: number) => Object.fromEntries(names.map((name) => [name, `${name}_v${number}`]));
const permit = () => samplePermit("secret.rotate", { secretIds: names.map((name) => `secret-${name}`) });
const typedValues = () =>
  new Map(names.map((name) => [`version-${name}-2`, new SecretValue(Buffer.from(`typed-${name}`))]));

function versionStates({ store }: Rehearsal) {
  const versions = [...store.books.versions.values()].filter(({ number }) => number === 2);
  return versions.map(({ objectName, state }) => `${objectName} ${state}`).toSorted();
}

function updates(rehearsal: Rehearsal) {
  return ["a", "b", "c"].map((service) => rehearsal.updates(service));
}

describe("a group of secrets", () => {
  it("moves each service once, each to the new versions of what it holds, and says of which", async () => {
    const { rehearsal, plan } = scene(generated);
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("done");
    expect(updates(rehearsal)).toEqual([1, 1, 1]);
    expect([rehearsal.named("a"), rehearsal.named("c")]).toEqual([all(2), { api_key: "api_key_v2" }]);
    expect(versionStates(rehearsal)).toEqual(names.map((name) => `${name}_v2 current`));
    const view = viewOf(operation, sampleStarter);
    expect(view.lanes.map(({ secretNames }) => secretNames)).toEqual([names, names, ["api_key"]]);
    expect(view.summary).toMatch(/^3 services on the new versions of 3 secrets, each moved once\./);
  });

  it("is put back service by service, each with all of its secrets", async () => {
    const { rehearsal, plan, olds } = scene(generated);
    failIn(rehearsal, "b", olds);
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("undone");
    expect([rehearsal.named("a"), rehearsal.named("b")]).toEqual([all(1), all(1)]);
    // There and back, in one update each; the third was never begun.
    expect(updates(rehearsal)).toEqual([2, 2, 0]);
    expect(versionStates(rehearsal)).toEqual(names.map((name) => `${name}_v2 abandoned`));
  });

  it("of which another hand has put one elsewhere in a service is not wholly done, there and on the way back", async () => {
    const elsewhere = ({ model }: Rehearsal, service: string) => {
      const other = model.addSecret("api_key_other");
      model.edit(service, ({ TaskTemplate: { ContainerSpec } }) => {
        const [first] = ContainerSpec.Secrets ?? [];
        if (first) Object.assign(first, { SecretID: other.id, SecretName: other.name });
      });
    };
    const done = (service: string) => (operation: Operation) =>
      findStep(operation, "watch", `service-${service}`)?.state === "done";
    const forward = scene(generated);
    elsewhere(forward.rehearsal, "service-b");
    const moved = await forward.rehearsal.run(await forward.rehearsal.start(forward.plan));
    expect(moved.outcome).toBe("done-left-out");
    expect(forward.rehearsal.named("b")).toEqual({ ...all(2), api_key: "api_key_other" });
    const view = viewOf(moved, sampleStarter);
    expect(view.lanes.map(({ state }) => state)).toEqual(["done", "moved-by-another-hand", "done"]);
    expect(view.next).toContain("Not moved: b.");

    const { rehearsal, plan, olds } = scene(generated);
    failIn(rehearsal, "b", olds);
    const id = await rehearsal.start(plan);
    await rehearsal.run(id, { until: done("a") });
    elsewhere(rehearsal, "service-a");
    const back = await rehearsal.run(id);
    expect(back.outcome).toBe("stopped-mixed");
    expect(rehearsal.named("a")).toEqual({ ...all(1), api_key: "api_key_other" });
  });

  it("of which one old value is dead stays where it failed, with all of its services", async () => {
    const { rehearsal, plan } = scene(generated, { oldValueStaysValid: false });
    rehearsal.model.rollout.fates.push({ serviceId: "service-b", fate: { failsAfterSeconds: 1, error: "no" } });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.state).toBe("needs-attention");
    expect([rehearsal.named("a"), rehearsal.named("b"), rehearsal.named("c").api_key]).toEqual([
      all(2),
      all(2),
      "api_key_v1",
    ]);
  });
});

describe("the new objects of a group", () => {
  const refused = new AppError("swarm-refused", "The Swarm refused the change.");

  it.each([
    ["typed", typed],
    ["generated", generated],
  ])("are given up before any service moves when the Swarm refuses one of them, %s", async (_what, value) => {
    const { rehearsal, plan } = scene(value);
    rehearsal.model.meddle = async ({ name, subject }, apply) => {
      if (name === "createSecret" && subject === "db_password_v2") throw refused;
      return apply();
    };
    const pause = async (seconds: number) => rehearsal.model.advance(seconds);
    const options = { ports: rehearsal.ports, pause, values: value === typed ? typedValues() : new Map() };
    const { id, state } = await startOperation(permit(), plan, options);
    const operation = state === "ended" ? await rehearsal.find(id) : await rehearsal.run(id);
    expect(operation).toMatchObject({ state: "ended", outcome: "failed-nothing-changed" });
    expect(updates(rehearsal)).toEqual([0, 0, 0]);
    expect(versionStates(rehearsal)).toEqual(["api_key_v2 abandoned", "smtp_password_v2 abandoned"]);
  });

  it("that were made are given up when the request with the other values dies, and all are to be entered again", async () => {
    const { rehearsal, plan } = scene(typed);
    const { ports } = rehearsal;
    const createSecret: typeof ports.swarm.createSecret = async (secret, value) => {
      if (secret.name !== "api_key_v2") return new Promise(() => undefined);
      return ports.swarm.createSecret(secret, value);
    };
    startOperation(permit(), plan, {
      values: typedValues(),
      ports: { ...ports, swarm: { ...ports.swarm, createSecret } },
    }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
    rehearsal.model.advance(leaseSeconds + 1);
    const [id = ""] = await rehearsal.store.findDue(1);
    const operation = await rehearsal.run(id);
    expect(operation).toMatchObject({ state: "ended", outcome: "failed-nothing-changed" });
    expect(viewOf(operation, sampleStarter).summary).toMatch(/Enter the values again\. Nothing was changed\.$/);
    expect(updates(rehearsal)).toEqual([0, 0, 0]);
    expect(versionStates(rehearsal)).toEqual(["api_key_v2 abandoned"]);
  });
});
