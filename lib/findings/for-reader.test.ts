import { describe, expect, it } from "vitest";
import { sampleStarter } from "#lib/operations/sample.ts";
import type { OperationKind, Person, Role } from "#lib/policy/schema.ts";
import { findingsFor } from "./for-reader.ts";
import { finding } from "./input.ts";
import type { MendAction } from "./schema.ts";

const as = (role: Role) => ({ ...sampleStarter, role }) as Person;
const about = (needs: MendAction, href: string, kind: OperationKind = "rotate") =>
  finding({
    rule: "drift",
    severity: "now",
    parts: [],
    secretId: "s",
    operationId: "o",
    kind,
    mend: { label: "Do", href, needs },
  });

describe("the button of a finding", () => {
  it.each([
    ["operation.decide", "/operations/o", ["operator", "administrator"]],
    ["secret.adopt", "/secrets/x/adopt", ["operator", "administrator"]],
    ["secret.put-back", "/secrets/s/put-back", ["operator", "administrator"]],
    ["secret.rotate", "/secrets/s/rotate", ["operator", "administrator"]],
    ["secret.retire", "/secrets/s/retire", ["administrator"]],
  ] as const)("of %s is for those who may press it; others are led to what it is about", (needs, href, may) => {
    for (const role of ["viewer", "auditor", "operator", "administrator"] as const) {
      const [shown] = findingsFor(as(role), [about(needs, href)]);
      const isOffered = (may as readonly Role[]).includes(role);
      expect(shown?.mend?.label).toBe(isOffered ? "Do" : "Look");
      expect(shown?.mend?.href).toBe(isOffered ? href : href.replace(/^(\/\w+\/\w+).*/, "$1"));
    }
  });

  it.each(["retire", "rotate-emergency"] as const)(
    "that decides an operation of kind %s is the administrator's",
    (kind) => {
      const labelFor = (role: Role) =>
        findingsFor(as(role), [about("operation.decide", "/operations/o", kind)])[0]?.mend?.label;
      expect([labelFor("operator"), labelFor("administrator")]).toEqual(["Look", "Do"]);
    },
  );

  it("that only leads somewhere is the same for everybody", () => {
    const [only] = findingsFor(as("viewer"), [
      finding({ rule: "drift", severity: "now", parts: [], mend: { label: "See why", href: "/operations/o" } }),
    ]);
    expect(only?.mend).toEqual({ label: "See why", href: "/operations/o" });
  });
});
