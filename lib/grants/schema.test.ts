import { describe, expect, it } from "vitest";
import { grantInput, grantWish, listOf, octalMode, putBackInput, targetName, ticked } from "./schema.ts";

describe("a mode", () => {
  it.each([
    ["0400", 0o400],
    ["444", 0o444],
    [" 0440 ", 0o440],
  ])("%s is octal", (text, mode) => {
    expect(octalMode.parse(text)).toBe(mode);
  });

  it.each(["999", "0x1ff", "4444", "44", "", "rw-r--r--", "0800"])("%s is refused with an example", (text) => {
    expect(octalMode.safeParse(text).error?.issues[0]?.message).toMatch(/octal, such as 0400/);
  });
});

describe("a target", () => {
  it.each([
    ["foo", "foo"],
    ["/run/secrets/foo", "foo"],
    ["/run/secrets//foo", "foo"],
    ["gateway.pem", "gateway.pem"],
  ])("%s is the file %s", (text, target) => {
    expect(targetName.parse(text)).toBe(target);
  });

  it.each([
    "a/b",
    "../foo",
    "..",
    ".",
    "",
    "/etc/passwd",
    "/run/secrets/",
    "/run/secrets/../x",
    "a\u0000b",
    "a".repeat(256),
  ])("%j is refused", (text) => {
    expect(targetName.safeParse(text).success).toBe(false);
  });
});

describe("a form", () => {
  it("may leave empty what has a default", () => {
    const empty = { secretId: "s", serviceId: "x", target: "", uid: "", gid: "", mode: "" };
    expect(grantInput.parse(empty)).toEqual({ secretId: "s", serviceId: "x" });
    expect(grantInput.parse({ secretId: "s", serviceId: "x", mode: "0440" }).mode).toBe(0o440);
  });

  it("may send one, several or no field of a list, or JSON", () => {
    const ids = (serviceIds: unknown) => putBackInput.parse({ secretId: "s", serviceIds }).serviceIds;
    expect([ids(undefined), ids("a"), ids(["a", "b"]), ids('["a","b"]')]).toEqual([[], ["a"], ["a", "b"], ["a", "b"]]);
  });

  it("may send each of several objects as JSON of its own", () => {
    const grants = ['{"serviceId":"a"}', '{"serviceId":"b","mode":"0400"}'];
    expect(listOf(grantWish).parse(grants)).toEqual([{ serviceId: "a" }, { serviceId: "b", mode: 0o400 }]);
  });

  it("ticks a box as browsers do", () => {
    expect([ticked.parse("on"), ticked.parse(undefined), ticked.parse("false")]).toEqual([true, false, false]);
  });
});
