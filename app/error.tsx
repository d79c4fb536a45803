"use client";

import { Button, ButtonLink } from "#components/button.tsx";
import { EmptyState } from "#components/empty-state.tsx";

/** What broke is in the log under the digest; the page itself says only what to do. */
export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <main className="grid min-h-[60dvh] place-items-center">
      <EmptyState
        title="This page could not be made"
        sentence={`Nothing was changed. Try again; if it stays, the log has the cause${error.digest ? ` under ${error.digest}` : ""}.`}
      >
        <Button isPrimary onClick={reset}>
          Try again
        </Button>
        <ButtonLink href="/">To the overview</ButtonLink>
      </EmptyState>
    </main>
  );
}
