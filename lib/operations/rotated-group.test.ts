import { describe, expect, it } from "vitest";
import { RotatorFailure } from "#lib/rotators/failure.ts";
import { atEveryDeath } from "./model/every-death.ts";
import { rotatedGroup } from "./model/rotated-group.ts";
import { decideAttention } from "./requests/decide.ts";
import { samplePermit, sampleStarter } from "./sample.ts";
import { viewOf } from "./view.ts";

describe("a group with passwords at several other sides", () => {
  it("has them asked first, and then sets last what has no way back, each when all before it were seen to take theirs", async () => {
    const { rehearsal, plan, asked, accepts } = rotatedGroup(["orders", "stock", "mails"]);
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.outcome).toBe("done");
    expect(asked).toEqual([
      ...["check orders", "check stock", "check mails"],
      ...["set stock", "test stock"],
      ...["set orders", "test orders", "set mails", "test mails"],
    ]);
    expect([accepts("orders", "old"), accepts("stock", "old"), accepts("mails", "old")]).toEqual([false, true, false]);
  });

  it("is given up as a whole where one that keeps the old value refuses: nothing without a way back was set", async () => {
    for (const call of ["set", "test"] as const) {
      const { rehearsal, plan, refuses, accepts, asked } = rotatedGroup(["orders", "stock"]);
      refuses.set(`${call} stock`, new RotatorFailure("forbidden", "stock"));
      const operation = await rehearsal.run(await rehearsal.start(plan));
      expect(operation.outcome).toBe("failed-nothing-changed");
      expect(asked).not.toContain("set orders");
      expect([accepts("orders", "old"), accepts("stock", "old")]).toEqual([true, true]);
    }
  });

  it("makes nothing where one of them would refuse when it is asked, whichever that is", async () => {
    for (const name of ["orders", "stock", "mails"] as const) {
      const { rehearsal, plan, refuses, asked } = rotatedGroup(["orders", "stock", "mails"]);
      refuses.set(`check ${name}`, new RotatorFailure("sign-in", name));
      const before = rehearsal.model.secrets.size;
      const operation = await rehearsal.run(await rehearsal.start(plan));
      expect(operation.outcome).toBe("failed-nothing-changed");
      expect(operation.attention?.because).toContain(`${name} does not take Skep's own login`);
      expect(rehearsal.model.secrets.size).toBe(before);
      expect(asked.filter((call) => !call.startsWith("check"))).toEqual([]);
    }
  });

  it("says where the new password was set and where it was not, when the second one without a way back refuses", async () => {
    const { rehearsal, plan, refuses } = rotatedGroup(["orders", "stock", "mails"]);
    refuses.set("set mails", new RotatorFailure("refused", "mails"));
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.state).toBe("needs-attention");
    expect(operation.attention?.because).toContain("mails refused the new password");
    expect(viewOf(operation, sampleStarter).attention?.did).toBe(
      "No service was moved. orders has the new password, and does not take the old one any more. mails has what services have, as before.",
    );
  });

  it("says that it is not known where one does not answer when it is to take the password", async () => {
    const { rehearsal, plan, refuses } = rotatedGroup(["orders", "stock", "mails"]);
    refuses.set("test mails", new RotatorFailure("unreachable", "mails"));
    const operation = await rehearsal.run(await rehearsal.start(plan));
    expect(operation.state).toBe("needs-attention");
    expect(viewOf(operation, sampleStarter).attention?.did).toBe(
      "No service was moved. orders has the new password, and does not take the old one any more. mails may have the new password already, and then does not take the old one.",
    );
  });

  it("ends the same when the worker is killed at any write: each other side takes what its secret says", async () => {
    const reached = await atEveryDeath(
      async () => rotatedGroup(["orders", "stock", "mails"]),
      ({ rehearsal, takesCurrent, accepts }) => {
        for (const name of ["orders", "stock", "mails"] as const) expect(takesCurrent(name)).toBe(true);
        expect(accepts("stock", "old")).toBe(true);
        expect(rehearsal.updates("a")).toBe(1);
      },
    );
    expect(reached).toBeGreaterThan(100);
  });
});

/** What is current, given up or pending in the end, where a person leaves it as it is. */
async function leftAsItIs(group: ReturnType<typeof rotatedGroup>) {
  const { rehearsal, plan, states } = group;
  const { id, attention } = await rehearsal.run(await rehearsal.start(plan));
  const view = viewOf(await rehearsal.find(id), sampleStarter);
  expect(attention?.choices).toContain("accept");
  const accept = samplePermit("operation.decide", { operationId: id, kind: "rotate" });
  await decideAttention(accept, "accept", rehearsal.store);
  const operation = await rehearsal.run(id);
  expect(operation.outcome).toBe("accepted");
  const effect = view.attention?.choices.find(({ choice }) => choice === "accept")?.effect;
  return { states: states(), effect, summary: viewOf(operation, sampleStarter).summary };
}

describe("a rotation that is left as it is before any service has moved", () => {
  it("gives up a version whose password nobody has signed in with: what services have stays current, and the next rotation sets the login anew", async () => {
    const group = rotatedGroup(["orders"]);
    group.refuses.set("test orders", new RotatorFailure("unreachable", "orders"));
    const { states, effect, summary } = await leftAsItIs(group);
    expect(states).toEqual({ orders_v1: "current", orders_v2: "abandoned" });
    const version = group.rehearsal.store.books.versions.get("orders-2");
    expect(version).toMatchObject({ rotatorId: "rotator-orders", login: "orders_app", retireAfter: null });
    expect(effect).toBe(
      "Ends here: a as before. The old password at orders may work no more. orders_v2 is given up. Every version is kept.",
    );
    expect(summary).toContain("The old password at orders may work no more: rotate again, and it is set anew.");
  });

  it("goes on from a version whose password was tried, beside which the old one does not work", async () => {
    const group = rotatedGroup(["orders", "mails"]);
    group.refuses.set("set mails", new RotatorFailure("refused", "mails"));
    const { states, effect, summary } = await leftAsItIs(group);
    expect(states).toEqual({
      orders_v1: "previous",
      orders_v2: "current",
      mails_v1: "current",
      mails_v2: "abandoned",
    });
    expect(group.takesCurrent("orders")).toBe(true);
    expect(group.takesCurrent("mails")).toBe(true);
    const mails = group.rehearsal.store.books.versions.get("mails-2");
    expect(mails).toMatchObject({ rotatorId: null, login: null });
    expect(effect).toContain("The old password at orders works no more. mails_v2 is given up. Every version is kept.");
    expect(summary).not.toContain("mails may");
  });

  it("gives up what was tried where services have the other login, which goes on working and is not to be set next", async () => {
    const group = rotatedGroup(["orders", "stock"]);
    group.refuses.set("test orders", new RotatorFailure("unreachable", "orders"));
    const { states } = await leftAsItIs(group);
    expect(states).toEqual({
      orders_v1: "current",
      orders_v2: "abandoned",
      stock_v1: "current",
      stock_v2: "abandoned",
    });
    expect(group.takesCurrent("stock")).toBe(true);
  });
});
