import { afterEach, expect, it, vi } from "vitest";
import { cleanUp } from "../bench/cleanup.ts";
import { withLine } from "./line.ts";

afterEach(() => void vi.restoreAllMocks());

it.each([true, false])("a proof that comes to its end (good: %s) prints its counts", async (isGood) => {
  const total = { runs: 0 };
  const said = listening();
  const work = async () => {
    total.runs = 3;
    return isGood;
  };
  expect(await withLine("sample", () => total, work)).toBe(isGood);
  expect(await cleanUp()).toBeUndefined();
  expect(said).toEqual(['{"proof":"sample","runs":3}\n']);
});

it("a proof that breaks off prints what was done so far, and that it is not all", async () => {
  const total = { runs: 0 };
  const said = listening();
  const work = async () => {
    total.runs = 2;
    throw new Error("the engine did not start");
  };
  await expect(withLine("sample", () => total, work)).rejects.toThrow("did not start");
  await cleanUp();
  expect(said).toEqual(['{"proof":"sample","runs":2,"isBrokenOff":true}\n']);
});

it("what a signal cuts short is broken off too", async () => {
  const said = listening();
  void withLine(
    "sample",
    () => ({ runs: 1 }),
    () => new Promise(() => undefined),
  );
  await cleanUp();
  expect(said).toEqual(['{"proof":"sample","runs":1,"isBrokenOff":true}\n']);
});

function listening(): string[] {
  const said: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    said.push(String(text));
    return true;
  });
  return said;
}
