"use client";

import { useEffect } from "react";
import { Button, ButtonLink } from "./button.tsx";
import { EmptyState } from "./empty-state.tsx";

export type Problem = { error: Error & { digest?: string }; retry: () => void };

/** How often a page looks by itself whether the database is back. */
const againMilliseconds = 3000;

/** What broke is in the log under the digest; the page itself says only what to do. */
export function PageProblem({ error, retry }: Problem) {
  const isDatabaseAway = error.digest === "database-unreachable";
  useEffect(() => {
    if (!isDatabaseAway) return;
    const timer = setInterval(retry, againMilliseconds);
    return () => clearInterval(timer);
  }, [isDatabaseAway, retry]);
  return (
    <div className="grid min-h-[50dvh] place-items-center">
      {isDatabaseAway ? (
        <EmptyState
          title="The database cannot be reached"
          sentence="Nothing is changed until it is back. Start Postgres, or mend what its log says that it lacks; this page then comes back by itself."
        >
          <Button isPrimary onClick={retry}>
            Look now
          </Button>
        </EmptyState>
      ) : (
        <EmptyState
          title="This page could not be made"
          sentence={`Nothing was changed. Try again; if it stays, the log has the cause${error.digest ? ` under ${error.digest}` : ""}.`}
        >
          <Button isPrimary onClick={retry}>
            Try again
          </Button>
          <ButtonLink href="/">To the overview</ButtonLink>
        </EmptyState>
      )}
    </div>
  );
}
