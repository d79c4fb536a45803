import { describe, expect, it } from "vitest";
import { sampleCall, sampleEvent } from "./sample.ts";
import { newEvent } from "./shape.ts";

const named = { id: "s1", name: "db_password" };

describe("what may be an event", () => {
  it("is exactly what the union names", () => {
    expect(newEvent.safeParse(sampleEvent()).success).toBe(true);
  });

  it.each([
    ["a value beside it", { ...sampleEvent(), value: "hunter2" }],
    ["a value in its detail", { ...sampleEvent(), detail: { ...sampleEvent().detail, value: "hunter2" } }],
    [
      "a hash in a secret",
      { ...sampleEvent(), detail: { type: "value.compared", answer: "equal", secret: { ...named, sha256: "x" } } },
    ],
    [
      "a length in a call",
      { ...sampleEvent(), detail: { type: "call.intended", step: "x", attempt: 1, call: { ...sampleCall, bytes: 9 } } },
    ],
    [
      "a label's value",
      {
        ...sampleEvent(),
        detail: {
          type: "outside.secret-relabelled",
          objectId: "o",
          objectName: "n",
          versionIndex: 1,
          labelKeys: { a: "b" },
        },
      },
    ],
    ["an unknown type", { ...sampleEvent(), detail: { type: "secret.value" } }],
    [
      "a spec",
      { ...sampleEvent(), detail: { type: "call.intended", step: "x", attempt: 1, call: { ...sampleCall, spec: {} } } },
    ],
  ])("is not something with %s", (_what, event) => {
    expect(newEvent.safeParse(event).success).toBe(false);
  });

  it("cuts what others wrote", () => {
    const event = {
      ...sampleEvent(),
      detail: { type: "operation.undo-began", secrets: [named], because: "x".repeat(9000) },
    };
    expect(newEvent.parse(event).detail).toMatchObject({ because: "x".repeat(500) });
  });
});
