import { describe, expect, it } from "vitest";
import type { Drift } from "#lib/grants/drift.ts";
import { sampleGrants, sampleRecord } from "#lib/grants/sample.ts";
import { sampleReference, sampleService } from "#lib/swarm/sample.ts";
import { lineOf, sampleInput } from "../sample.ts";
import { drift } from "./drift.ts";

const cart = sampleService({ name: "cart", references: [sampleReference()] });
const [recorded = null] = sampleGrants(cart);
const drifted = (over: Partial<Drift> = {}): Drift => ({
  service: cart,
  target: "db_password",
  recorded,
  actual: sampleReference({ objectId: "v3" }),
  kind: "other-version",
  ...over,
});

function lines(...found: Drift[]) {
  return drift(sampleInput({ records: [sampleRecord()], drift: new Map([["secret-db_password", found]]) }));
}

describe("drift", () => {
  it.each<[Partial<Drift>, string]>([
    [{}, "db_password in cart is v3 instead of object-db_password_v1"],
    [{ kind: "changed" }, "db_password in cart has another owner or mode than recorded"],
    [{ kind: "not-recorded", recorded: null }, "db_password was granted to cart outside Skep"],
    [{ kind: "gone", actual: null }, "db_password was taken from cart outside Skep (db_password)"],
  ])("of %j is one sentence, with the way back", (over, line) => {
    const [found] = lines(drifted(over));
    expect(found && lineOf(found)).toBe(line);
    expect(found).toMatchObject({
      mend: { label: "Put back", href: "/secrets/secret-db_password/put-back" },
      since: cart.updatedAt,
    });
  });

  it("in several services is one line", () => {
    const found = lines(drifted(), drifted({ service: sampleService({ name: "api" }) }));
    expect(found).toHaveLength(1);
    expect(found[0] && lineOf(found[0])).toMatch(/, and 1 more service$/);
  });
});
