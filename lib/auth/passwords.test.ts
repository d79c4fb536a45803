import { describe, expect, test } from "vitest";
import { hashPassword, isOutdated, nobodysHash, verifyPassword } from "./passwords.ts";

describe("a password's hash", () => {
  test("fits its password and no other, and says how strong it is", async () => {
    const hash = await hashPassword("correct horse battery staple");
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=32768,t=3,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(await verifyPassword("correct horse battery staple", hash)).toBe(true);
    expect(await verifyPassword("correct horse battery stable", hash)).toBe(false);
    expect(isOutdated(hash)).toBe(false);
  });

  test("is another each time", async () => {
    expect(await hashPassword("the same words")).not.toBe(await hashPassword("the same words"));
  });

  test("fits the same letters from another keyboard", async () => {
    expect(await verifyPassword("Zu\u0308rich im Regen", await hashPassword("Z\u00fcrich im Regen"))).toBe(true);
  });

  test("made elsewhere by the standard is understood", async () => {
    // Of the reference implementation: argon2id, 65536 KiB, 2 passes, salt "somesalt", password "password".
    const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    expect(await verifyPassword("password", reference)).toBe(true);
    expect(isOutdated(reference)).toBe(true);
  });

  test.each(["", "plain", "$argon2id$v=19$m=1$x", "$argon2i$v=19$m=32768,t=3,p=1$AAAA$AAAA"])(
    "%j is no hash and fits nothing",
    async (hash) => {
      expect(await verifyPassword("", hash)).toBe(false);
    },
  );

  test("of nobody is made once, at full strength, and fits nothing", async () => {
    const hash = await nobodysHash();
    expect(await nobodysHash()).toBe(hash);
    expect(isOutdated(hash)).toBe(false);
    expect(await verifyPassword("", hash)).toBe(false);
  });

  test("under a flood, some wait and the rest are sent away; afterwards it works as before", async () => {
    const ends = await Promise.allSettled(Array.from({ length: 80 }, () => hashPassword("flood")));
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(62);
    const refused = ends.find((end) => end.status === "rejected");
    expect(refused?.reason).toMatchObject({ code: "throttled" });
    expect(await verifyPassword("after", await hashPassword("after"))).toBe(true);
  });
});
