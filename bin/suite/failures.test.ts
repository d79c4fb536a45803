import { join } from "node:path";
import { expect, it } from "vitest";
import { failureList, playwrightFailures, vitestFailures } from "./failures.ts";

const file = join(process.cwd(), "lib/clock.real.test.ts");
const passed = { fullName: "the clock ticks", status: "passed", failureMessages: [] };

it("a test that did not pass is told with its file and how its error begins, a skipped one too", () => {
  const failureMessages = [`\u001b[31mError: late\u001b[39m\n${"    at somewhere\n".repeat(20)}`];
  const assertionResults = [
    passed,
    { fullName: "the clock stops", status: "failed", failureMessages },
    { fullName: "the clock is wound", status: "skipped" },
  ];
  const failures = vitestFailures({ testResults: [{ name: file, status: "failed", message: "", assertionResults }] });
  expect(failures.map(({ title }) => title)).toEqual([
    "lib/clock.real.test.ts > the clock stops",
    "lib/clock.real.test.ts > the clock is wound",
  ]);
  const [stops, wound] = failures.map(({ reason }) => reason.split("\n"));
  expect(stops).toHaveLength(6);
  expect(stops?.[0]).toBe("Error: late");
  expect(wound).toEqual(["skipped"]);
});

it("a file that broke outside its tests is told by its own message", () => {
  const broken = { name: file, status: "failed", message: "no engine", assertionResults: [passed] };
  expect(vitestFailures({ testResults: [broken] })).toEqual([{ title: "lib/clock.real.test.ts", reason: "no engine" }]);
});

it("a browser's test is found however deep its group is", () => {
  const result = (status: string, message?: string) => [{ status, results: [message ? { error: { message } } : {}] }];
  const spec = (title: string, tests: ReturnType<typeof result>) => ({ title, file: "clock.test.ts", tests });
  const inner = { specs: [spec("stops", result("unexpected", "late")), spec("ticks", result("expected"))] };
  const suites = [{ specs: [], suites: [{ specs: [spec("is wound", result("skipped"))], suites: [inner] }] }];
  expect(playwrightFailures({ suites })).toEqual([
    { title: "clock.test.ts > is wound", reason: "skipped" },
    { title: "clock.test.ts > stops", reason: "late" },
  ]);
});

it("the list says nothing where nothing failed, and each on a line of its own where something did", () => {
  expect(failureList([])).toBe("");
  const failures = [
    { title: "real: a > b", reason: "one\ntwo" },
    { title: "lint: ended with 1", reason: "" },
  ];
  expect(failureList(failures)).toBe("\nNot passed:\n  real: a > b\n      one\n      two\n  lint: ended with 1\n");
});
