import { describe, expect, it } from "vitest";
import { AppError } from "#lib/errors.ts";
import { RotatorFailure, unsent } from "#lib/rotators/failure.ts";
import { elapsed } from "#lib/words.ts";
import { lateSeconds } from "./close-intent.ts";
import { mostFailures } from "./failures.ts";
import { atEveryDeath } from "./model/every-death.ts";
import { failsToSet, oneLogin, orders, passwordIn, runs, unknownObjects } from "./model/orders.ts";
import type { Rehearsal } from "./model/rehearsal.ts";
import { decideAttention } from "./requests/decide.ts";
import { requestStop } from "./requests/stop.ts";
import { requestUndo } from "./requests/undo.ts";
import { gapText } from "./rotator-text.ts";
import { samplePermit, sampleStarter } from "./sample.ts";
import { leaseSeconds } from "./store-port.ts";
import { viewOf } from "./view.ts";

describe("one login", () => {
  it("goes forward only, once the password may be set: no undo, no stop, no choice to go back", async () => {
    const { rehearsal, plan } = orders(oneLogin);
    const id = await rehearsal.start(plan);
    const isSet = ({ steps }: { steps: { key: string; state: string }[] }) =>
      steps.some(({ key, state }) => key === "set:rotator-1" && state === "done");
    await rehearsal.run(id, { until: isSet });
    const undo = samplePermit("operation.undo", { operationId: id, kind: "rotate" });
    await expect(requestUndo(undo, rehearsal.store)).rejects.toMatchObject({ code: "plan-changed" });
    const stop = samplePermit("operation.stop", { operationId: id });
    await expect(requestStop(stop, rehearsal.store)).rejects.toMatchObject({ code: "plan-changed" });
    rehearsal.store.roles.set("person-1", "viewer");
    const operation = await rehearsal.run(id);
    expect(operation.outcome).toBe("done");
    expect(runs(rehearsal)).toEqual(["db_password_v2"]);
  });

  it.each([
    ["undo", (operationId: string) => samplePermit("operation.undo", { operationId, kind: "rotate" }), requestUndo],
    ["stop", (operationId: string) => samplePermit("operation.stop", { operationId }), requestStop],
  ] as const)(
    "goes forward also where it is set between a person's look and her word (%s)",
    async (_, permit, wish) => {
      const { rehearsal, plan } = orders(oneLogin);
      const { store } = rehearsal;
      const id = await rehearsal.start(plan);
      const find = store.find.bind(store);
      store.find = async () => {
        store.find = find;
        const seen = await find(id);
        await rehearsal.run(id, { until: ({ steps }) => steps.some(({ facts }) => facts.sent) });
        return seen;
      };
      await expect(wish(permit(id) as never, store)).rejects.toMatchObject({ code: "plan-changed" });
      expect((await rehearsal.run(id)).outcome).toBe("done");
    },
  );

  it("whose making was sent twice is kept, when it is given up, until the first of the two can come no more", async () => {
    const { rehearsal, plan } = orders(oneLogin);
    let isFirst = true;
    rehearsal.model.meddle = async ({ name }, apply) => {
      if (name !== "createSecret" || !isFirst) return apply();
      isFirst = false;
      throw new AppError("swarm-timeout", "The Swarm did not answer in time.");
    };
    failsToSet(rehearsal, new RotatorFailure("unreachable", "orders"));
    const id = await rehearsal.start(plan);
    const { steps } = await rehearsal.run(id, {
      until: (operation) => operation.steps.some(({ facts }) => facts.object),
    });
    const repeatedAt = steps.flatMap(({ facts }) => facts.repeatedAt ?? [])[0] ?? "";
    rehearsal.model.advance(leaseSeconds + 1);
    await rehearsal.run(id, { until: (operation) => operation.steps.some(({ facts }) => facts.givenUp?.length) });
    const givenUp = [...rehearsal.store.books.versions.values()].find(({ state }) => state === "abandoned");
    expect(givenUp?.retireAfter).toBeGreaterThanOrEqual(Date.parse(repeatedAt) + lateSeconds * 1000);
  });

  it("is measured from the first time that it may have been set, over a start over, until tasks run with the new one", async () => {
    const { rehearsal, plan } = orders(oneLogin);
    const id = await rehearsal.start({ ...plan, order: "together" });
    const first = await rehearsal.run(id, { until: ({ steps }) => steps.some(({ facts }) => facts.sent) });
    const since = Date.parse(first.steps.find(({ name }) => name === "set")?.facts.sent?.since ?? "");
    rehearsal.model.advance(90);
    const operation = await rehearsal.run(id);
    const begun = operation.steps.flatMap(({ name, facts }) => (name === "watch" && facts.soakFrom) || []);
    expect(begun).toHaveLength(2);
    const seconds = (Math.max(...begun.map((at) => Date.parse(at))) - since) / 1000;
    expect(seconds).toBeGreaterThan(90);
    expect(gapText(operation)).toContain(`did not work for ${elapsed(seconds)},`);
  });

  it("may be undone as long as nothing was sent, and the version that is given up has replaced no password", async () => {
    const { rehearsal, plan, refused } = orders(oneLogin);
    failsToSet(rehearsal, new RotatorFailure("sign-in", "orders"));
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("failed-nothing-changed");
    expect(refused).toEqual([]);
    const { versions } = rehearsal.store.books;
    expect(versions.get("version-2")).toMatchObject({ state: "abandoned", rotatorId: null, login: null });
    expect(versions.get("version-1")).toMatchObject({ state: "current", login: "app_a" });
  });

  it("may be undone where every call came to nobody, which is tried again first", async () => {
    const { rehearsal, plan, refused } = orders(oneLogin);
    failsToSet(rehearsal, unsent(new RotatorFailure("unreachable", "orders")));
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("failed-nothing-changed");
    expect(operation.attention?.because).toContain("orders does not answer");
    const ends = rehearsal.store.events.flatMap(({ detail }) =>
      detail.type === "call.ended" && detail.call.call === "rotator.set" ? [detail.result] : [],
    );
    expect(ends).toEqual(Array(mostFailures).fill("not-applied"));
    expect(rehearsal.store.books.versions.get("version-2")).toMatchObject({ state: "abandoned", login: null });
    expect(refused).toEqual([]);
  });

  it("is not undone where a call before may have come, and those after it came to nobody", async () => {
    const { rehearsal, plan } = orders(oneLogin);
    let isFirst = true;
    rehearsal.ports.rotators.set = async () => {
      const failure = new RotatorFailure("unreachable", "orders");
      if (!isFirst) throw unsent(failure);
      isFirst = false;
      throw failure;
    };
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(isFirst).toBe(false);
    expect(operation.state).toBe("needs-attention");
    expect(operation.attention?.choices).toEqual(["try-again", "accept"]);
  });

  it("is not undone where a process that ended may have sent it, and the next one finds nobody", async () => {
    const { rehearsal, plan } = orders(oneLogin);
    const id = await rehearsal.start(plan);
    const isSent = () =>
      rehearsal.store.events.some(
        ({ detail }) => detail.type === "call.intended" && detail.call.call === "rotator.set",
      );
    rehearsal.ports.rotators.set = () => new Promise(() => undefined);
    const { work } = await rehearsal.takeUp(id);
    void work.goOn();
    while (!isSent()) await new Promise(setImmediate);
    rehearsal.model.advance(leaseSeconds + 1);
    failsToSet(rehearsal, unsent(new RotatorFailure("unreachable", "orders")));
    const operation = await rehearsal.run(id);
    expect(operation.state).toBe("needs-attention");
    expect(operation.attention?.choices).toEqual(["try-again", "accept"]);
  });

  it("waits for a database that nobody listens for once the password is set", async () => {
    const { rehearsal, plan } = orders(oneLogin);
    awayFor(rehearsal, 100, unsent(new RotatorFailure("unreachable", "orders")));
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("done");
  });

  it("waits for a database that is away once the password is set, and goes on with that one", async () => {
    const { rehearsal, plan } = orders(oneLogin);
    awayFor(rehearsal, 100);
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("done");
    expect([...rehearsal.model.secrets.values()].map(({ name }) => name)).toEqual(["db_password_v1", "db_password_v2"]);
    expect(rehearsal.store.events.map(({ detail }) => detail.type)).not.toContain("operation.needs-attention");
  });

  it("asks a person where it is away for longer than ten minutes", async () => {
    const { rehearsal, plan } = orders(oneLogin);
    awayFor(rehearsal, Number.POSITIVE_INFINITY);
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.state).toBe("needs-attention");
    expect(rehearsal.model.now - Date.parse(operation.createdAt)).toBeGreaterThan(600_000);
    expect(operation.attention?.because).toContain("orders does not answer");
  });

  it("asks a person where a service fails with the new password, and offers no way back", async () => {
    const { rehearsal, plan, old } = orders(oneLogin);
    rehearsal.model.rollout.fates.push({ serviceId: "service-b", fate: { failsAfterSeconds: 1, error: "no" } });
    rehearsal.model.rollout.fates.push({ secretId: old.id, fate: { failsAfterSeconds: null } });
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.state).toBe("needs-attention");
    expect(operation.attention?.choices).toEqual(["try-again", "accept"]);
    const { attention } = viewOf(operation, sampleStarter);
    expect(attention?.did).toBe(
      "The old password at orders works no more, so Skep put nothing back, and began no further service.",
    );
    const accept = samplePermit("operation.decide", { operationId: operation.id, kind: "rotate" });
    await decideAttention(accept, "accept", rehearsal.store);
    const { summary } = viewOf(await rehearsal.run(operation.id), sampleStarter);
    expect(summary).toContain(
      "The old password at orders works no more: what has it and was not moved cannot sign in anew.",
    );
  });

  it("ends the same when the worker is killed at any write: everything runs what the database takes", async () => {
    const reached = await atEveryDeath(
      async () => orders(oneLogin),
      ({ rehearsal }) => {
        const current = [...rehearsal.store.books.versions.values()].find(({ state }) => state === "current");
        expect(runs(rehearsal)).toEqual([current?.objectName]);
        expect(rehearsal.otherSide.accepts("rotator-1", ...passwordIn(rehearsal, current?.objectName ?? ""))).toBe(
          true,
        );
        expect(unknownObjects(rehearsal)).toEqual([]);
      },
    );
    expect(reached).toBeGreaterThan(100);
  });
});

/** It takes the password, and then does not answer so many times. */
function awayFor({ ports }: Rehearsal, times: number, failure = new RotatorFailure("unreachable", "orders")): void {
  const { rotators } = ports;
  let left = times;
  ports.rotators = {
    check: (...asked) => rotators.check(...asked),
    set: (...asked) => rotators.set(...asked),
    finish: (...asked) => rotators.finish(...asked),
    test: async (...asked) => {
      left -= 1;
      if (left >= 0) throw failure;
      return rotators.test(...asked);
    },
  };
}
