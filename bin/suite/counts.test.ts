import { expect, it } from "vitest";
import { count, sum } from "./counts.ts";

it("a part that left no report has failed, also where it ended well", () => {
  const report = { vitest: "/nowhere/report.json" };
  const failures = [{ title: "real: left no report", reason: "" }];
  expect(count("real", 0, report)).toEqual({ passed: 0, failed: 1, failures });
});

it("a part without a report of its own is one test, and the sum names those that failed", () => {
  const total = sum([count("types", 0), count("lint", 2)]);
  expect(total).toMatchObject({ passed: 1, failed: 1 });
  expect(total.failures.map(({ title }) => title)).toEqual(["lint: ended with 2; its own output above says why"]);
});
