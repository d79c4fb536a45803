import { describe, expect, it } from "vitest";
import type { BindingView } from "#lib/inventory/schema.ts";
import { emergencyFields, rotateFields } from "../../app/(console)/secrets/[key]/[verb]/new-value-fields.ts";

const settings = { owner: "", description: "", tags: [], order: "canary", soakSeconds: null, keepSeconds: 0 } as const;
const secret = (over: object) => ({
  settings: { ...settings, tags: [], oldValueStaysValid: null, generator: { type: "uuid" as const }, ...over },
  binding: {} as BindingView,
});

describe("the new value of a secret that is bound", () => {
  it("comes from its source if nobody says otherwise", () => {
    expect(rotateFields(secret({}), {}).source).toBe("source");
    expect(rotateFields(secret({}), { source: "typed" }).source).toBe("typed");
  });

  it("comes in an emergency from elsewhere, unless somebody says that it was changed there", () => {
    expect(emergencyFields(secret({}), {}).source).toBe("generated");
    expect(emergencyFields(secret({ generator: null }), {}).source).toBe("typed");
    expect(emergencyFields(secret({}), { source: "source" }).source).toBe("source");
  });
});
