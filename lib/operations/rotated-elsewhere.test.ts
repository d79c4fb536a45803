import { describe, expect, it } from "vitest";
import { RotatorFailure } from "#lib/rotators/failure.ts";
import type { SecretValue } from "#lib/value.ts";
import { failsToSet, orders, value } from "./model/orders.ts";
import { sampleStarter, sampleVersion } from "./sample.ts";
import { viewOf } from "./view.ts";

describe("an address of the person's own", () => {
  const both = { login: null, oldLogin: null, keepsOld: true, needsFinish: true } as const;

  it("is told that the old value is not needed when no task has it any more", async () => {
    const { rehearsal, plan } = orders(both, {
      create: [sampleVersion({ value: { ...value, template: "{{password}}" } })],
    });
    rehearsal.otherSide.has("rotator-1", null, "first");
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("done");
    const finish = operation.steps.find(({ key }) => key === "finish:rotator-1");
    const watched = operation.steps.filter(({ name }) => name === "watch").map(({ endedAt }) => endedAt ?? "");
    expect(finish?.state).toBe("done");
    expect(watched.every((endedAt) => endedAt <= (finish?.startedAt ?? ""))).toBe(true);
    expect(rehearsal.otherSide.accepts("rotator-1", null, "first")).toBe(false);
  });

  it("is not told while a service that was left out has the old value, which goes on working, and the end says so", async () => {
    const { rehearsal, plan } = orders(both, {
      create: [sampleVersion({ value: { ...value, template: "{{password}}" } })],
    });
    const { otherSide, store } = rehearsal;
    otherSide.has("rotator-1", null, "first");
    const version = store.books.versions.get("version-1");
    if (version) store.books.versions.set("version-1", { ...version, login: null });
    const changes = plan.changes.map((change, index) =>
      index === 1 ? { ...change, leftOut: "by-choice" as const } : change,
    );
    const operation = await rehearsal.run(await rehearsal.start({ ...plan, changes }));
    expect(operation.outcome).toBe("done-left-out");
    expect(otherSide.accepts("rotator-1", null, "first")).toBe(true);
    expect(viewOf(operation, sampleStarter).next).toContain(
      "orders was not told that the old value is not needed: b still has db_password_v1.",
    );
  });
});

it("is forgotten: the password's bytes are overwritten when it was tried, and when the work ends before", async () => {
  for (const isTried of [true, false]) {
    const { rehearsal, plan } = orders();
    const given: SecretValue[] = [];
    const { value: make } = rehearsal.ports.random;
    rehearsal.ports.random.value = (generator) => {
      const made = make(generator);
      given.push(made);
      return made;
    };
    if (!isTried) failsToSet(rehearsal, new RotatorFailure("unreachable", "orders"));
    const { work } = await rehearsal.takeUp(await rehearsal.start(plan));
    for (let turns = 0; turns < 3; turns += 1) {
      await work.goOn();
      rehearsal.model.advance(0.2);
    }
    if (!isTried) work.forget();
    expect(given).toHaveLength(1);
    await expect(given[0]?.use(async () => undefined)).rejects.toMatchObject({ code: "value-lost" });
  }
});
