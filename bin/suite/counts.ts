import { existsSync, readFileSync } from "node:fs";

export type Counts = { passed: number; failed: number };

type Report = { vitest: string } | { playwright: string };

/** What a part of the suite counts. Without a report of its own it is one test; a part that broke without a failed test counts one failed. */
export function count(part: string, exitCode: number, report?: Report): Counts {
  if (!report) return exitCode === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  const counts = "vitest" in report ? vitestCounts(report.vitest) : playwrightCounts(report.playwright);
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1;
  process.stdout.write(`${part}: ${counts.passed} passed, ${counts.failed} failed\n`);
  return counts;
}

export function sum(all: Counts[]): Counts {
  return all.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }), { passed: 0, failed: 0 });
}

/** A skipped test proves nothing, so it counts as failed: the suite promises that nothing is skipped. */
function vitestCounts(file: string): Counts {
  const report = read<{ numPassedTests: number; numFailedTests: number; numPendingTests: number }>(file);
  return report
    ? { passed: report.numPassedTests, failed: report.numFailedTests + report.numPendingTests }
    : { passed: 0, failed: 1 };
}

function playwrightCounts(file: string): Counts {
  const report = read<{ stats: { expected: number; unexpected: number; flaky: number; skipped: number } }>(file);
  if (!report) return { passed: 0, failed: 1 };
  const { expected, unexpected, flaky, skipped } = report.stats;
  return { passed: expected, failed: unexpected + flaky + skipped };
}

function read<T>(file: string): T | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as T) : null;
}
