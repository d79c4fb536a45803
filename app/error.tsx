"use client";

import { PageProblem, type Problem } from "#components/page-problem.tsx";

export default function PageError(problem: Problem) {
  return (
    <main>
      <PageProblem {...problem} />
    </main>
  );
}
