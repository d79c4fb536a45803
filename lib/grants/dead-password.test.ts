import { describe, expect, it } from "vitest";
import { deadPassword } from "./dead-password.ts";
import type { AttachmentRecord, VersionRecord } from "./records.ts";
import { sampleRecord, sampleVersion } from "./sample.ts";

const of = { rotatorId: "rotator-1", login: "app" };
const attachment = { rotatorId: "rotator-1", rotatorName: "shop-db", settings: null } as AttachmentRecord;

function ofFirst(...later: VersionRecord["state"][]): string | null {
  const first = sampleVersion("db_password", 1, "previous", of);
  const versions = later.map((state, index) => sampleVersion("db_password", index + 2, state, of));
  return deadPassword({ ...sampleRecord(), versions: [first, ...versions], attachment }, first.id);
}

describe("the password of a version", () => {
  it("was replaced where a later version of its login was seen to work", () => {
    expect(ofFirst("abandoned", "current")).toContain("of app in v1 was replaced at shop-db for v3. ");
  });

  it("may have been replaced where the later one was given up: whether that was taken nobody knows", () => {
    expect(ofFirst("abandoned")).toContain(
      "of app in v1 may have been replaced at shop-db for v2, which was given up. Rotate to a new one instead.",
    );
  });

  it("is no surer replaced once what was given up is gone from the Swarm, or where the next one is still under way", () => {
    expect(ofFirst("removed")).toContain("may have been replaced");
    expect(ofFirst("pending")).toBeNull();
  });

  it("is not said to be replaced where there is no later one", () => {
    expect(ofFirst()).toBeNull();
  });
});
