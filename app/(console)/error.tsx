"use client";

import { PageProblem, type Problem } from "#components/page-problem.tsx";

/** A page that could not be made leaves the frame as it is. */
export default function ConsoleError(problem: Problem) {
  return <PageProblem {...problem} />;
}
