import { describe, expect, it } from "vitest";
import type { ReferenceChange } from "#lib/swarm/schema.ts";
import { describeEvent } from "./describe.ts";
import { factsOf } from "./facts.ts";
import { sampleActor, sampleCall } from "./sample.ts";
import type { EventDetail } from "./schema.ts";

const named = { id: "s1", name: "db_password" };
const service = { id: "x1", name: "shop_api" };
const fileSet: ReferenceChange = {
  change: "file-set",
  target: "password",
  fromObjectId: "v7",
  fromObjectName: "db_password_v7",
  toObjectId: "v7",
  toObjectName: "db_password_v7",
  uid: "1000",
  gid: "0",
  mode: 0o400,
  fromFile: { uid: "0", gid: "0", mode: 0o444 },
};

/** The end of a rotator's last call. */
function rotatorEnd(over: { locks?: string | null }): EventDetail {
  const call = { call: "rotator.finish", rotator: { id: "r1", name: "shop-db" }, login: "app_b", ...over } as const;
  return { type: "call.ended", step: "finish:r1", attempt: 1, call, result: "applied", seen: null, objectId: null };
}

describe("the sentence of an event", () => {
  const secrets = [named];
  const say = (detail: EventDetail, actor = sampleActor) =>
    describeEvent(factsOf(actor, detail).actorName, actor, detail)
      .map(({ text, isName }) => (isName ? `[${text}]` : text))
      .join("");
  const intended = { type: "operation.intended" as const, secrets, services: [service], versions: [], reason: null };
  const to8 = [{ name: "db_password", objectName: "db_password_v8" }];
  const ended = { type: "operation.ended" as const, secrets, services: [service], leftOut: [], seconds: 29 };

  it.each<[string, EventDetail]>([
    ["ops.one started rotating [db_password] to [db_password_v8]", { ...intended, kind: "rotate", versions: to8 }],
    ["ops.one started creating [db_password] for [shop_api]", { ...intended, kind: "create" }],
    ["ops.one told [shop-db] that the old value is not needed", rotatorEnd({})],
    [
      "ops.one told [shop-db] that the old password of [app_a] has leaked and must not work",
      rotatorEnd({ locks: "app_a" }),
    ],
    ["ops.one told [shop-db] that the old value has leaked and must not work", rotatorEnd({ locks: null })],
    ["ops.one started granting [db_password] to [shop_api]", { ...intended, kind: "grant" }],
    ["ops.one started revoking [db_password] from [shop_api]", { ...intended, kind: "revoke" }],
    ["ops.one started retiring [db_password_v8]", { ...intended, kind: "retire", versions: to8 }],
    [
      "ops.one started an emergency rotation of [db_password] to [db_password_v8]: “it leaked”",
      { ...intended, kind: "rotate-emergency", versions: to8, reason: "it leaked" },
    ],
    ["ops.one rotated [db_password], 1 service in 29 s", { ...ended, kind: "rotate", outcome: "done" }],
    [
      "ops.one rotated [db_password], 1 service in 29 s; left out: [a], [b] and 2 more",
      {
        ...ended,
        kind: "rotate",
        outcome: "done-left-out",
        leftOut: ["a", "b", "c", "d"].map((name) => ({ id: name, name })),
      },
    ],
    [
      "ops.one ended rotating [db_password]: it failed, nothing was changed",
      { ...ended, kind: "rotate", outcome: "failed-nothing-changed" },
    ],
    [
      "ops.one stopped rotating [db_password] half-way: some services moved, some did not",
      { ...ended, kind: "rotate", outcome: "stopped-mixed" },
    ],
    [
      "ops.one is about to move [shop_api]: [db_password_v7] to [db_password_v8] at [password]",
      { type: "call.intended", step: "move", attempt: 1, call: sampleCall },
    ],
    [
      "ops.one is about to move [shop_api]: [db_password_v7] at [password], 0:0 0444 to 1000:0 0400",
      { type: "call.intended", step: "move", attempt: 1, call: { ...sampleCall, changes: [fileSet] } },
    ],
    [
      "ops.one is about to move [shop_api]: [db_password_v7] to [db_password_v8] at [password], [db_password_v7] to [db_password_v8] at [other]",
      {
        type: "call.intended",
        step: "move",
        attempt: 1,
        call: { ...sampleCall, changes: sampleCall.changes.flatMap((each) => [each, { ...each, target: "other" }]) },
      },
    ],
    [
      "ops.one started editing the settings of [db_password]: owner “nobody” to “platform”, description",
      {
        ...intended,
        kind: "edit",
        settings: [
          { name: "owner", before: "nobody", after: "platform" },
          { name: "description", before: null, after: null },
        ],
      },
    ],
    [
      "ops.one did not change [shop_api]: “still on v7”",
      {
        type: "call.ended",
        step: "move",
        attempt: 1,
        call: sampleCall,
        result: "not-applied",
        seen: "still on v7",
        objectId: null,
      },
    ],
    [
      "ops.one moved [shop_api]: [db_password_v7] to [db_password_v8] at [password]; no answer came, but it was seen: “it has v8”",
      {
        type: "call.ended",
        step: "move",
        attempt: 1,
        call: sampleCall,
        result: "applied",
        seen: "it has v8",
        objectId: null,
      },
    ],
    [
      "ops.one waited 1 min 5 s with [db_password], and goes on: “The Swarm has no leader.”",
      { type: "operation.waited", secrets, because: "The Swarm has no leader.", seconds: 65 },
    ],
    [
      "ops.one took up the operation on [db_password] again: the process that had it ended, or stood still",
      { type: "operation.taken-up", secrets },
    ],
    [
      "ops.one was refused: retire secret [db_password]",
      { type: "permit.denied", action: "secret.retire", secrets, what: "" },
    ],
    [
      "ops.one invited bo@example.org as operator",
      { type: "person.invited", email: "bo@example.org", role: "operator" },
    ],
    [
      "ops.one verified the history up to 1,284: consistent",
      { type: "audit.verified", upTo: 1284, isConsistent: true },
    ],
  ])("is: %s", (sentence, detail) => {
    expect(say(detail)).toBe(sentence);
  });

  it("does not pretend to know who acted outside", () => {
    const detail: EventDetail = {
      type: "outside.references-changed",
      service,
      versionIndex: 3,
      changes: sampleCall.changes,
    };
    expect(say(detail, { type: "outside" } as never)).toBe(
      "outside Skep: [shop_api] was changed: [db_password_v7] to [db_password_v8] at [password]",
    );
  });
});
