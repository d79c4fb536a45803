import { describe, expect, it } from "vitest";
import { afterPaste, breakAtEnd, lineEndsOf, spacesAt, withLineEnds } from "./line-ends.ts";

describe("line ends", () => {
  it.each([
    ["no line", "none"],
    ["a\nb\n", "lf"],
    ["a\r\nb\r\n", "crlf"],
    ["a\r\nb\n", "mixed"],
    ["a\rb", "mixed"],
  ])("of %j are %s", (text, ends) => {
    expect(lineEndsOf(text)).toBe(ends);
  });

  it("stay as they came when somebody types on", () => {
    expect(withLineEnds("a\nb\nc", "crlf")).toBe("a\r\nb\r\nc");
    expect(withLineEnds("a\nb", "lf")).toBe("a\nb");
  });

  it("are of one kind after a paste into the middle, and it is said when that changed some", () => {
    expect(afterPaste("none", "crlf")).toEqual({ ends: "crlf", isChanged: false });
    expect(afterPaste("lf", "crlf")).toEqual({ ends: "lf", isChanged: true });
    expect(afterPaste("crlf", "lf")).toEqual({ ends: "crlf", isChanged: true });
    expect(afterPaste("crlf", "none")).toEqual({ ends: "crlf", isChanged: false });
    expect(afterPaste("none", "mixed")).toEqual({ ends: "lf", isChanged: true });
  });

  it("are not the only thing that nobody sees: a space at either end is told", () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const of = (text: string) => spacesAt(bytes(text).slice(0, 1), bytes(text).slice(-2));
    expect(["a b", " a", "a\t", " a ", "a \n", ""].map(of)).toEqual([
      null,
      "begins with a space",
      "ends with a space",
      "begins and ends with a space",
      null,
      null,
    ]);
  });

  it("at the very end take one byte or two", () => {
    const of = (text: string) => breakAtEnd(new TextEncoder().encode(text).slice(-2));
    expect([of("a"), of("a\n"), of("a\r\n"), of("\n"), of("a\r"), of("")]).toEqual([0, 1, 2, 1, 1, 0]);
  });
});
