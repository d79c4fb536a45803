import { describe, expect, it } from "vitest";
import { RotatorFailure } from "#lib/rotators/failure.ts";
import { atEveryDeath } from "./model/every-death.ts";
import { rotatedGroup } from "./model/rotated-group.ts";
import { sampleStarter } from "./sample.ts";
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
