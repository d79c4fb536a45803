import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

/** One that did not pass, and how its error begins: the whole of it stands where it failed. */
export type FailedTest = { title: string; reason: string };

/** What the JSON reporters of Vitest and Playwright say, as far as it is read here. */
export type VitestReport = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages?: string[] | null }[];
  }[];
};

export type PlaywrightReport = {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number };
  suites: Suite[];
};

type Suite = {
  suites?: Suite[];
  specs: { title: string; file: string; tests: { status: string; results: { error?: { message?: string } }[] }[] }[];
};

const reasonLines = 6;

export function vitestFailures({ testResults }: Pick<VitestReport, "testResults">): FailedTest[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const failed = assertionResults
      .filter((test) => test.status !== "passed")
      .map((test) => ({
        title: `${file} > ${test.fullName}`,
        reason: begins(test.failureMessages?.[0] ?? test.status),
      }));
    // A file that broke before or after its tests has a message and no failed test.
    return failed.length === 0 && status === "failed" ? [{ title: file, reason: begins(message) }] : failed;
  });
}

export function playwrightFailures({ suites }: Pick<PlaywrightReport, "suites">): FailedTest[] {
  return suites.flatMap((suite) => [
    ...suite.specs.flatMap(({ file, title, tests }) =>
      tests
        .filter(({ status }) => status !== "expected")
        .map(({ status, results }) => ({
          title: `${file} > ${title}`,
          reason: begins(results.find(({ error }) => error)?.error?.message ?? status),
        })),
    ),
    ...playwrightFailures({ suites: suite.suites ?? [] }),
  ]);
}

/** The last thing that a run says before its count, so that whoever reads only its end knows what failed. */
export function failureList(failures: FailedTest[]): string {
  if (failures.length === 0) return "";
  const entries = failures.map(({ title, reason }) => `  ${title}\n${reason.replace(/^/gm, "      ")}`.trimEnd());
  return `\nNot passed:\n${entries.join("\n")}\n`;
}

function begins(message: string): string {
  const lines = stripVTControlCharacters(message).split("\n");
  return lines.slice(0, reasonLines).join("\n").trim();
}
