import "server-only";
import type { PageStart } from "#lib/operations/queries.ts";
import { positionOf } from "./order.ts";
import type { Finding, FindingPage } from "./schema.ts";

/** On a screen without scrolling, beside what else the overview shows. */
const linesAtFirst = 10;
/** What runs by itself needs nobody: more of it would push away what does. */
const mostRunning = 3;
const pageLines = 50;

/** What a person has to see before anything else: all of a few, the gravest of many. */
export function mostPressing(findings: readonly Finding[]): Finding[] {
  if (findings.length <= linesAtFirst) return [...findings];
  let running = 0;
  return findings
    .filter(({ rule }) => {
      if (rule !== "operation-running") return true;
      running += 1;
      return running <= mostRunning;
    })
    .slice(0, linesAtFirst);
}

/** All of them page by page, in the order of `find`: where some are mended meanwhile, none of the others is passed over. */
export function pageOf(findings: readonly Finding[], { before, after }: PageStart): FindingPage {
  const start = startOf(findings, { before, after });
  const rows = findings.slice(start, start + pageLines);
  const [first, last] = [rows[0], rows.at(-1)];
  return {
    rows,
    previous: first && start > 0 ? positionOf(first) : null,
    next: last && start + rows.length < findings.length ? positionOf(last) : null,
  };
}

/** The first and the last page are whole ones: what stood before or after may have been mended meanwhile. */
function startOf(findings: readonly Finding[], { before, after }: PageStart): number {
  const lastStart = Math.max(0, findings.length - pageLines);
  if (before !== undefined) {
    const end = findings.findIndex((finding) => positionOf(finding) >= before);
    return end === -1 ? lastStart : Math.max(0, end - pageLines);
  }
  if (after === undefined) return 0;
  const start = findings.findIndex((finding) => positionOf(finding) > after);
  return start === -1 ? lastStart : start;
}
