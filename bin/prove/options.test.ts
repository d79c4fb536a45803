import { describe, expect, it } from "vitest";
import { isAppError } from "#lib/errors.ts";
import { readOptions } from "./options.ts";

const read = (argv: string[]) =>
  readOptions("sample", argv, {
    runs: { is: "number", least: 1, otherwise: 10, says: "so many" },
    seed: { is: "number", least: 0, otherwise: 7, says: "where it begins" },
    scenario: { is: "text", says: "part of a name" },
    fault: { is: "one of", names: ["leader", "frozen"], says: "only this" },
    planted: { is: "flag", says: "to be found" },
  });

describe("the command line of a proof", () => {
  it("has a value for each option, said or not", () => {
    expect(read([])).toEqual({ runs: 10, seed: 7, scenario: undefined, fault: undefined, planted: false });
    const said = ["--runs", "3", "--seed=0", "--scenario", "a grant", "--fault", "frozen", "--planted"];
    expect(read(said)).toEqual({ runs: 3, seed: 0, scenario: "a grant", fault: "frozen", planted: true });
  });

  it.each([
    [["--runs", "0"], "--runs 0 is no whole number from 1 on."],
    [["--runs", "x"], "--runs x is no whole number from 1 on."],
    [["--runs", ""], "--runs  is no whole number from 1 on."],
    [["--runs=-3"], "--runs -3 is no whole number from 1 on."],
    [["--runs", "1.5"], "--runs 1.5 is no whole number from 1 on."],
    [["--runs", "1e3"], "--runs 1e3 is no whole number from 1 on."],
    [["--runs", "99999999999999999999"], "--runs 99999999999999999999 is no whole number from 1 on."],
    [["--seed", "NaN"], "--seed NaN is no whole number from 0 on."],
    [["--fault", "none"], "--fault none is none of: leader, frozen."],
    [["--evry", "2"], "Unknown option '--evry'."],
    [["--runs"], "Option '--runs <value>' argument missing."],
    [["--planted=yes"], "Option '--planted' does not take an argument."],
    [["grant"], "Unexpected argument 'grant'."],
  ])("is refused with one sentence and the usage where it says %j", (argv, sentence) => {
    const error = refusalOf(argv);
    const [first, ...usage] = error.publicMessage.split("\n");
    expect(first).toBe(sentence);
    expect(usage).toEqual([
      "npm run prove:sample -- [options]",
      "  --runs <number>    so many; 10 without it",
      "  --seed <number>    where it begins; 7 without it",
      "  --scenario <text>  part of a name",
      "  --fault <name>     only this",
      "  --planted          to be found",
    ]);
  });
});

function refusalOf(argv: string[]) {
  try {
    read(argv);
  } catch (error) {
    if (isAppError(error, "invalid-input")) return error as Error & { publicMessage: string };
  }
  throw new Error(`${argv.join(" ")} was not refused.`);
}
