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

  it("cuts labels, files and owners as others wrote them, in length and in number", () => {
    const long = "k".repeat(300);
    const labelKeys = Array.from({ length: 250 }, (_, index) => (index === 0 ? long : `key-${index}`));
    const relabelled = {
      type: "outside.secret-relabelled",
      objectId: "o",
      objectName: "n",
      versionIndex: 1,
      labelKeys,
    };
    const parsed = newEvent.parse({ ...sampleEvent(), detail: relabelled });
    expect(parsed.detail).toMatchObject({ labelKeys: ["k".repeat(256), ...labelKeys.slice(1, 200)] });
    const [change] = sampleCall.changes;
    const changes = Array.from({ length: 2500 }, () => ({ ...change, target: "t".repeat(5000), uid: long }));
    const references = { type: "outside.references-changed", service: named, versionIndex: 1, changes };
    const { detail } = newEvent.parse({ ...sampleEvent(), detail: references });
    expect("changes" in detail && detail.changes.length).toBe(2000);
    expect("changes" in detail && detail.changes[0]).toMatchObject({ target: "t".repeat(4096), uid: "k".repeat(256) });
  });

  it("cuts what others wrote", () => {
    const event = {
      ...sampleEvent(),
      detail: { type: "operation.undo-began", secrets: [named], because: "x".repeat(9000) },
    };
    expect(newEvent.parse(event).detail).toMatchObject({ because: "x".repeat(500) });
  });
});
