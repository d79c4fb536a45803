"use client";

import { startTransition, useActionState, useEffect, useRef, useState } from "react";
import { Section } from "#components/section.tsx";
import { type FormState, idleForm } from "#lib/auth/schema.ts";
import { type ImportItemInput, mostItems, type ShownItem } from "#lib/imports/schema.ts";
import { hasList, type SourceRow } from "#lib/sources/schema.ts";
import { counted } from "#lib/words.ts";
import { plan } from "./actions.ts";
import { Chooser } from "./chooser.tsx";
import { ChosenList } from "./chosen-list.tsx";
import { type Draft, hashOf, itemsOf, readDraft, withChange, withoutPath, withPaths } from "./draft.ts";
import { StartForm } from "./start-form.tsx";
import { TypedPaths } from "./typed-paths.tsx";

/** Texts are taken a moment after the last key, as in every other plan. */
const pauseMilliseconds = 600;

/** From the choice to the button: what is chosen is in the address, and its plan comes from the server. */
export function ImportDesk({ source }: { source: Pick<SourceRow, "id" | "name" | "kind"> }) {
  const { draft, setDraft } = useDraft(source.kind);
  const items = draft ? itemsOf(draft) : [];
  const { rows, isPlanning, problem } = usePlan(source.id, items);
  if (!draft) return null;
  const add = (paths: readonly string[]) => setDraft((now) => now && withPaths(now, paths));
  const remove = (path: string) => setDraft((now) => now && withoutPath(now, path));
  const chosen = new Set(draft.chosen.map(({ path }) => path));
  return (
    <>
      <Section
        title="What is imported"
        sentence={
          hasList[source.kind]
            ? `Choose names, folder by folder; at most ${mostItems} at once. No value is read for this.`
            : `It has no list of what is there. Write the paths, one a line; at most ${mostItems} at once.`
        }
      >
        {hasList[source.kind] ? (
          <Chooser sourceId={source.id} chosen={chosen} add={add} remove={remove} />
        ) : (
          <TypedPaths add={add} />
        )}
      </Section>
      {draft.chosen.length > 0 && (
        <Section
          title={`${counted(draft.chosen.length, "secret")} to be made`}
          sentence="Names come from the paths. Change them here, and what of each becomes the value."
        >
          <ChosenList
            draft={draft}
            items={items}
            rows={rows}
            kind={source.kind}
            change={(path, change) => setDraft((now) => now && withChange(now, path, change))}
            remove={remove}
            clear={() => setDraft((now) => now && { ...now, chosen: [] })}
          />
        </Section>
      )}
      {draft.chosen.length > 0 && (
        <StartForm
          source={source}
          draft={draft}
          items={items.filter((_, place) => rows[place]?.objectName)}
          leftOut={rows.filter((row) => row?.problem).length}
          isPlanning={isPlanning}
          problem={problem}
          set={(change) => setDraft((now) => now && { ...now, ...change })}
        />
      )}
    </>
  );
}

function useDraft(kind: SourceRow["kind"]) {
  const [draft, setDraft] = useState<Draft | null>(null);
  useEffect(() => setDraft(readDraft(window.location.hash, kind)), [kind]);
  useEffect(() => {
    if (draft) window.history.replaceState(null, "", `#${hashOf(draft)}`);
  }, [draft]);
  return { draft, setDraft };
}

/** What the server says of each row; null for what it has not answered about yet. */
function usePlan(sourceId: string, items: readonly ImportItemInput[]) {
  const [state, ask, isPending] = useActionState<FormState<ShownItem[]>, FormData>(plan, idleForm);
  const text = JSON.stringify(items);
  const [asked, setAsked] = useState("");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if (text === asked || text === "[]") return;
    timer.current = setTimeout(() => {
      const form = new FormData();
      form.set("sourceId", sourceId);
      form.set("items", text);
      setAsked(text);
      startTransition(() => ask(form));
    }, pauseMilliseconds);
    return () => clearTimeout(timer.current);
  }, [text, asked, sourceId, ask]);
  const rows = items.map(({ path, name }, place) => {
    const row = state.result?.[place];
    return row?.path === path && row.name === name ? row : null;
  });
  const problem = state.formError ?? Object.values(state.fieldErrors)[0] ?? null;
  return { rows, isPlanning: isPending || text !== asked, problem };
}
