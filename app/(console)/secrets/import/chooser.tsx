"use client";

import { Folder } from "lucide-react";
import { unstable_rethrow } from "next/navigation";
import { startTransition, useActionState, useState, useTransition } from "react";
import { Button } from "#components/button.tsx";
import { CheckField } from "#components/check-field.tsx";
import { FormError } from "#components/form-error.tsx";
import { Mono } from "#components/mono.tsx";
import { type FormState, idleForm } from "#lib/auth/schema.ts";
import type { ShownListing } from "#lib/sources/schema.ts";
import { browse } from "./actions.ts";

type Props = {
  sourceId: string;
  chosen: ReadonlySet<string>;
  add: (paths: readonly string[]) => void;
  remove: (path: string) => void;
};

/** Folder by folder, page by page, as far as the source lets its names be listed. */
export function Chooser({ sourceId, chosen, add, remove }: Props) {
  const [state, run, isPending] = useActionState<FormState<ShownListing>, FormData>(browse, idleForm);
  const { addAll, isAdding, problem } = useWhole(sourceId, add);
  const show = (folder: string, page = "") => startTransition(() => run(formOf({ sourceId, folder, page, all: "" })));
  const listing = state.result;
  if (!listing) {
    return (
      <div className="grid justify-items-start gap-2 p-4">
        <FormError sentence={state.formError} />
        <Button onClick={() => show("")} isPending={isPending}>
          Show what is there
        </Button>
      </div>
    );
  }
  const { folder, names, next } = listing;
  const [folders, secrets] = [names.filter(isFolder), names.filter((name) => !isFolder(name))];
  return (
    <div className="grid gap-2 p-4" aria-busy={isPending || isAdding}>
      <div className="flex flex-wrap items-center gap-2 text-soft">
        <span>
          {names.length === 0 ? "Nothing in" : "In"} <Mono>{folder || "/"}</Mono>
        </span>
        {folder !== "" && <Button onClick={() => show(folder.replace(/[^/]+\/$/, ""))}>Up</Button>}
        {secrets.length > 0 && (
          // While another folder is on its way, this one is not what she means.
          <Button onClick={() => addAll(folder)} isPending={isAdding} disabled={isPending}>
            Choose all in this folder
          </Button>
        )}
      </div>
      <FormError sentence={state.formError ?? problem} />
      <ul aria-label={`In ${folder || "/"}`} className="grid max-h-72 gap-0.5 overflow-y-auto rounded-lg bg-sunk p-2">
        {folders.map((name) => (
          <li key={name}>
            <button
              type="button"
              onClick={() => show(`${folder}${name}`)}
              className="flex w-full items-center gap-2 rounded-md px-2 py-1 text-left hover:bg-panel [&_svg]:size-[14px] [&_svg]:text-faint"
            >
              <Folder aria-label="Folder" />
              <Mono>{name}</Mono>
            </button>
          </li>
        ))}
        {secrets.map((name) => {
          const path = `${folder}${name}`;
          return (
            <li key={name} className="px-2 py-1">
              <CheckField
                label={<Mono>{name}</Mono>}
                checked={chosen.has(path)}
                disabled={isPending}
                onChange={({ currentTarget }) => (currentTarget.checked ? add([path]) : remove(path))}
              />
            </li>
          );
        })}
      </ul>
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

/** All of a folder, however many pages it has. */
function useWhole(sourceId: string, add: Props["add"]) {
  const [isAdding, startAdding] = useTransition();
  const [problem, setProblem] = useState<string | null>(null);
  const addAll = (folder: string) =>
    startAdding(async () => {
      const { result, formError } = await whole(formOf({ sourceId, folder, page: "", all: "1" }));
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

function formOf(fields: Record<string, string>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

function isFolder(name: string): boolean {
  return name.endsWith("/");
}
