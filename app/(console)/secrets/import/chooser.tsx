"use client";

import { unstable_rethrow } from "next/navigation";
import { useState, useTransition } from "react";
import { Button } from "#components/button.tsx";
import { CheckField } from "#components/check-field.tsx";
import { Mono } from "#components/mono.tsx";
import { listingForm, SourceListing } from "#components/source-listing.tsx";
import { type FormState, idleForm } from "#lib/auth/schema.ts";
import type { ShownListing } from "#lib/sources/schema.ts";
import { browse } from "./actions.ts";

type Props = {
  sourceId: string;
  chosen: ReadonlySet<string>;
  add: (paths: readonly string[]) => void;
  remove: (path: string) => void;
};

/** Ticks names, one by one or all of a folder. */
export function Chooser({ sourceId, chosen, add, remove }: Props) {
  const { addAll, isAdding, problem } = useWhole(sourceId, add);
  return (
    <div className="p-4" aria-busy={isAdding}>
      <SourceListing
        sourceId={sourceId}
        browse={browse}
        problem={problem}
        whole={(folder, isPending) => (
          <Button onClick={() => addAll(folder)} isPending={isAdding} disabled={isPending}>
            Choose all in this folder
          </Button>
        )}
        secret={(path, name, isPending) => (
          <div className="px-2 py-1">
            <CheckField
              label={<Mono>{name}</Mono>}
              checked={chosen.has(path)}
              disabled={isPending}
              onChange={({ currentTarget }) => (currentTarget.checked ? add([path]) : remove(path))}
            />
          </div>
        )}
      />
    </div>
  );
}

/** All of a folder, however many pages it has. */
function useWhole(sourceId: string, add: Props["add"]) {
  const [isAdding, startAdding] = useTransition();
  const [problem, setProblem] = useState<string | null>(null);
  const addAll = (folder: string) =>
    startAdding(async () => {
      const { result, formError } = await whole(listingForm({ sourceId, folder, all: "1" }));
      setProblem(formError);
      add((result?.names ?? []).map((name) => `${folder}${name}`));
    });
  return { addAll, isAdding, problem };
}

async function whole(form: FormData): Promise<FormState<ShownListing>> {
  try {
    return await browse(idleForm, form);
  } catch (error) {
    unstable_rethrow(error);
    return { ...idleForm, status: "error", formError: "Skep did not answer. Try it again." };
  }
}
