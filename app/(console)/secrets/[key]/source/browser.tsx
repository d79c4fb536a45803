"use client";

import { Folder, KeyRound } from "lucide-react";
import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { FormError } from "#components/form-error.tsx";
import { Mono } from "#components/mono.tsx";
import { type FormState, idleForm } from "#lib/auth/schema.ts";
import type { ShownListing } from "#lib/sources/schema.ts";
import { browse } from "./actions.ts";

/** Looks for the path: folder by folder, as far as the source lets its names be listed. */
export function Browser({ sourceId, choose }: { sourceId: string; choose: (path: string) => void }) {
  const [state, run, isPending] = useActionState<FormState<ShownListing>, FormData>(browse, idleForm);
  const listing = state.result;
  // Its own form cannot be inside the one that binds, so its buttons send their data themselves.
  const show = (folder: string, page?: string) => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ sourceId, folder, page: page ?? "" })) form.set(name, value);
    run(form);
  };
  if (!listing) {
    return (
      <div className="grid justify-items-start gap-2">
        <FormError sentence={state.formError} />
        <Button onClick={() => show("")} isPending={isPending}>
          Show what is there
        </Button>
      </div>
    );
  }
  const { folder, names, next } = listing;
  return (
    <div className="grid gap-2 rounded-lg bg-sunk p-3" aria-busy={isPending}>
      <p className="flex flex-wrap items-center gap-2 text-soft">
        <span>
          {names.length === 0 ? "Nothing in" : "In"} <Mono>{folder || "/"}</Mono>
        </span>
        {folder !== "" && <Button onClick={() => show(parentOf(folder))}>Up</Button>}
      </p>
      <FormError sentence={state.formError} />
      <ul className="grid max-h-64 gap-0.5 overflow-y-auto">
        {names.map((name) => (
          <li key={name}>
            <button
              type="button"
              onClick={() => (name.endsWith("/") ? show(`${folder}${name}`) : choose(`${folder}${name}`))}
              className="flex w-full items-center gap-2 rounded-md px-2 py-1 text-left hover:bg-panel [&_svg]:size-[14px] [&_svg]:text-faint"
            >
              {name.endsWith("/") ? <Folder aria-label="Folder" /> : <KeyRound aria-label="Secret" />}
              <Mono>{name}</Mono>
            </button>
          </li>
        ))}
      </ul>
      {next !== null && <Button onClick={() => show(folder, next)}>More</Button>}
    </div>
  );
}

function parentOf(folder: string): string {
  return folder.replace(/[^/]+\/$/, "");
}
