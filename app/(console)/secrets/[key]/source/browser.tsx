"use client";

import { KeyRound } from "lucide-react";
import { Mono } from "#components/mono.tsx";
import { listingButton, SourceListing } from "#components/source-listing.tsx";
import { browse } from "./actions.ts";

/** Looks for the path: a press on a name enters it. */
export function Browser({ sourceId, choose }: { sourceId: string; choose: (path: string) => void }) {
  return (
    <SourceListing
      sourceId={sourceId}
      browse={browse}
      secret={(path, name, isPending) => (
        <button type="button" onClick={() => choose(path)} disabled={isPending} className={listingButton}>
          <KeyRound aria-label="Secret" />
          <Mono>{name}</Mono>
        </button>
      )}
    />
  );
}
