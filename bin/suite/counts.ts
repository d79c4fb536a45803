import { existsSync, readFileSync } from "node:fs";
import {
  type FailedTest,
  type PlaywrightReport,
  playwrightFailures,
  type VitestReport,
  vitestFailures,
} from "./failures.ts";

export type Counts = { passed: number; failed: number; failures: FailedTest[] };

type Report = { vitest: string } | { playwright: string };

/** What a part of the suite counts. Without a report of its own it is one test; a part that broke without a failed test counts one failed. */
export function count(part: string, exitCode: number, report?: Report): Counts {
  const counts = report ? reported(report) : { passed: exitCode === 0 ? 1 : 0, failed: 0, failures: [] };
  if (exitCode !== 0 && counts.failed === 0) {
    counts.failed = 1;
    counts.failures.push({ title: `ended with ${exitCode}; its own output above says why`, reason: "" });
  }
  if (report) process.stdout.write(`${part}: ${counts.passed} passed, ${counts.failed} failed\n`);
  return { ...counts, failures: counts.failures.map((failed) => ({ ...failed, title: `${part}: ${failed.title}` })) };
}

export function sum(all: Counts[]): Counts {
  return {
    passed: all.reduce((passed, each) => passed + each.passed, 0),
    failed: all.reduce((failed, each) => failed + each.failed, 0),
    failures: all.flatMap(({ failures }) => failures),
  };
}

/** A part that should have counted and did not has proven nothing, however it ended. */
const unreported: Counts = { passed: 0, failed: 1, failures: [{ title: "left no report", reason: "" }] };

/** A skipped test proves nothing, so it counts as failed: the suite promises that nothing is skipped. */
function reported(report: Report): Counts {
  if ("vitest" in report) {
    const read = readReport<VitestReport>(report.vitest);
    if (!read) return unreported;
    const { numPassedTests, numFailedTests, numPendingTests } = read;
    return { passed: numPassedTests, failed: numFailedTests + numPendingTests, failures: vitestFailures(read) };
  }
  const read = readReport<PlaywrightReport>(report.playwright);
  if (!read) return unreported;
  const { expected, unexpected, flaky, skipped } = read.stats;
  return { passed: expected, failed: unexpected + flaky + skipped, failures: playwrightFailures(read) };
}

function readReport<T>(file: string): T | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as T) : null;
}
