"use client";

import { Folder } from "lucide-react";
import { type ReactNode, startTransition, useActionState } from "react";
import { type FormState, idleForm } from "#lib/auth/schema.ts";
import type { ShownListing } from "#lib/sources/schema.ts";
import { Button } from "./button.tsx";
import { FormError } from "./form-error.tsx";
import { Mono } from "./mono.tsx";

type Props = {
  sourceId: string;
  browse: (previous: FormState<ShownListing>, form: FormData) => Promise<FormState<ShownListing>>;
  /** What can be done with the whole folder, where it has secrets. While another one is on its way, this one is not what she means. */
  whole?: (folder: string, isPending: boolean) => ReactNode;
  /** One secret of the folder. */
  secret: (path: string, name: string, isPending: boolean) => ReactNode;
  /** What went wrong with that. */
  problem?: string | null;
};

/** What a source has, folder by folder and page by page, as far as it lets its names be listed. */
export function SourceListing({ sourceId, browse, whole, secret, problem = null }: Props) {
  const [state, run, isPending] = useActionState<FormState<ShownListing>, FormData>(async (before, form) => {
    const after = await browse(before, form);
    // What was shown stays, where the next folder cannot be.
    return after.result || !before.result ? after : { ...after, result: before.result };
  }, idleForm);
  const sentence = state.formError ?? Object.values(state.fieldErrors)[0] ?? problem;
  // It stands inside other forms, so its buttons send their data themselves.
  const show = (folder: string, page = "") => startTransition(() => run(listingForm({ sourceId, folder, page })));
  const listing = state.result;
  if (!listing) {
    return (
      <div className="grid justify-items-start gap-2">
        <FormError sentence={sentence} />
        <Button onClick={() => show("")} isPending={isPending}>
          Show what is there
        </Button>
      </div>
    );
  }
  const { folder, names, next } = listing;
  const [folders, secrets] = [names.filter(isFolder), names.filter((name) => !isFolder(name))];
  return (
    <div className="grid gap-2" aria-busy={isPending}>
      <div className="flex flex-wrap items-center gap-2 text-soft">
        <span>
          {names.length === 0 ? "Nothing in" : "In"} <Mono>{folder || "/"}</Mono>
        </span>
        {folder !== "" && <Button onClick={() => show(folder.replace(/[^/]*\/$/, ""))}>Up</Button>}
        {secrets.length > 0 && whole?.(folder, isPending)}
      </div>
      <FormError sentence={sentence} />
      {names.length > 0 && (
        <ul aria-label={`In ${folder || "/"}`} className="grid max-h-72 gap-0.5 overflow-y-auto rounded-lg bg-sunk p-2">
          {folders.map((name) => (
            <li key={name}>
              <button type="button" onClick={() => show(`${folder}${name}`)} className={listingButton}>
                <Folder aria-label="Folder" />
                <Mono>{name}</Mono>
              </button>
            </li>
          ))}
          {secrets.map((name) => (
            <li key={name}>{secret(`${folder}${name}`, name, isPending)}</li>
          ))}
        </ul>
      )}
      {next !== null && (
        <div>
          <Button onClick={() => show(folder, next)} isPending={isPending}>
            More
          </Button>
        </div>
      )}
    </div>
  );
}

/** A name that can be pressed. */
export const listingButton =
  "flex w-full items-center gap-2 rounded-md px-2 py-1 text-left hover:bg-panel disabled:opacity-60 [&_svg]:size-[14px] [&_svg]:text-faint";

/** What `browse` is sent. */
export function listingForm({
  sourceId,
  folder,
  page = "",
  all = "",
}: {
  sourceId: string;
  folder: string;
  page?: string;
  all?: "" | "1";
}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries({ sourceId, folder, page, all })) form.set(name, value);
  return form;
}

function isFolder(name: string): boolean {
  return name.endsWith("/");
}
