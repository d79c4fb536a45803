import { describe, expect, it } from "vitest";
import { callKeyOf, factsOf } from "./facts.ts";
import { sampleActor, sampleCall } from "./sample.ts";
import type { SwarmCall } from "./schema.ts";

const named = { id: "s1", name: "db_password" };

describe("what an event is found by", () => {
  it("is every secret, object, service and ID that it names", () => {
    const create: SwarmCall = {
      call: "secret.create",
      objectName: "db_password_v8",
      secret: named,
      version: 8,
      labelKeys: [],
    };
    const ended = {
      type: "call.ended",
      step: "create",
      attempt: 1,
      call: create,
      result: "applied",
      seen: null,
      objectId: "o8",
    } as const;
    expect(factsOf(sampleActor, ended)).toMatchObject({
      secretNames: ["db_password", "db_password_v8"],
      subjectIds: ["s1", "o8"],
      outcome: "done",
      actorId: "person-1",
    });
    expect(
      factsOf({ type: "system" }, { type: "call.intended", step: "move", attempt: 1, call: sampleCall }),
    ).toMatchObject({
      secretNames: ["db_password_v7", "db_password_v8"],
      serviceNames: ["shop_api"],
      subjectIds: ["o7", "o8", "x1"],
      actorName: "Skep",
    });
  });

  it("pairs a call's intent with its end, and no other", () => {
    expect(callKeyOf("move", 1, sampleCall)).toBe(callKeyOf("move", 1, { ...sampleCall, versionIndex: 9 }));
    expect(callKeyOf("move", 1, sampleCall)).not.toBe(callKeyOf("move", 2, sampleCall));
    expect(callKeyOf("move", 1, sampleCall)).not.toBe(callKeyOf("move", 1, { ...sampleCall, why: "undo" }));
  });
});
