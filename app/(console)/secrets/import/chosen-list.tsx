"use client";

import { TriangleAlert, X } from "lucide-react";
import { useId } from "react";
import { Button } from "#components/button.tsx";
import { FactsTable } from "#components/facts-table.tsx";
import { inputClass } from "#components/field.tsx";
import { Mono } from "#components/mono.tsx";
import { type ImportItemInput, importTakes, type ShownItem } from "#lib/imports/schema.ts";
import type { SourceKind } from "#lib/sources/schema.ts";
import type { Chosen, Draft } from "./draft.ts";

type Change = (path: string, change: Partial<Chosen>) => void;
type Props = {
  draft: Draft;
  items: readonly ImportItemInput[];
  /** What the plan says of each; null where it has not yet. */
  rows: readonly (ShownItem | null)[];
  kind: SourceKind;
  change: Change;
  remove: (path: string) => void;
  clear: () => void;
};

/** The list and its plan in one: what each is called, what of it is taken, and which object that makes, or why none. */
export function ChosenList({ draft, items, rows, kind, change, remove, clear }: Props) {
  return (
    <div className="max-h-[34rem] overflow-y-auto">
      <FactsTable
        columns={["Path", "Name of the secret", "Value", "Object"]}
        rows={draft.chosen.map((chosen, place) => {
          const row = rows[place] ?? null;
          return {
            key: chosen.path,
            cells: [
              <span key="path" className="[overflow-wrap:anywhere]">
                <Mono>{chosen.path}</Mono>
              </span>,
              <NameInput key="name" chosen={chosen} name={items[place]?.name ?? ""} change={change} />,
              <TakeInput key="take" chosen={chosen} usual={draft} kind={kind} change={change} />,
              <Outcome key="object" row={row} />,
            ],
            actions: (
              <Button onClick={() => remove(chosen.path)} icon={<X />} aria-label={`Leave ${chosen.path} out`} />
            ),
            below: row?.problem && <Problem sentence={row.problem} />,
          };
        })}
      />
      <div className="border-line border-t px-[14px] py-2.5">
        <Button onClick={clear}>Empty the list</Button>
      </div>
    </div>
  );
}

function NameInput({ chosen: { path, name: own }, name, change }: { chosen: Chosen; name: string; change: Change }) {
  return (
    <input
      value={name}
      onChange={({ currentTarget }) => change(path, { name: currentTarget.value })}
      onBlur={() => own?.trim() === "" && change(path, { name: undefined })}
      aria-label={`Name of the secret for ${path}`}
      autoComplete="off"
      spellCheck={false}
      maxLength={255}
      className={`${inputClass} min-w-[12rem] font-mono`}
    />
  );
}

type TakeProps = { chosen: Chosen; usual: Pick<Draft, "field" | "template">; kind: SourceKind; change: Change };

function TakeInput({ chosen: { path, take, field, template }, usual, kind, change }: TakeProps) {
  return (
    <span className={`grid min-w-[8rem] gap-1 ${take === "template" ? "md:min-w-[18rem]" : ""}`}>
      <select
        value={take ?? ""}
        onChange={({ currentTarget: { value } }) => change(path, { take: importTakes.find((each) => each === value) })}
        aria-label={`What of ${path} is the value`}
        className={inputClass}
      >
        <option value="">as all others</option>
        <option value="field">{kind === "http" ? "a JSON pointer" : "one field"}</option>
        <option value="whole">all of it</option>
        <option value="template">a template</option>
      </select>
      {take === "field" && (
        <TakenText
          label={`Field of ${path}`}
          value={field ?? usual.field}
          maxLength={255}
          set={(text) => change(path, { field: text })}
        />
      )}
      {take === "template" && (
        <TakenText
          label={`Template of ${path}`}
          value={template ?? usual.template}
          hint="Such as {{user}}:{{password | url}}. Write no secret into it: it is kept and shown."
          set={(text) => change(path, { template: text })}
        />
      )}
    </span>
  );
}

type TextProps = {
  label: string;
  value: string;
  hint?: string;
  maxLength?: number;
  set: (text: string) => void;
};

function TakenText({ label, value, hint, maxLength, set }: TextProps) {
  const hintId = useId();
  return (
    <>
      <input
        value={value}
        onChange={({ currentTarget }) => set(currentTarget.value)}
        aria-label={label}
        aria-describedby={hint && hintId}
        autoComplete="off"
        spellCheck={false}
        maxLength={maxLength}
        className={`${inputClass} font-mono`}
      />
      {hint && (
        <span id={hintId} className="text-[12px] text-soft">
          {hint}
        </span>
      )}
    </>
  );
}

function Outcome({ row }: { row: ShownItem | null }) {
  if (row === null) return <span className="text-faint">…</span>;
  if (row.objectName === null) return <span className="font-medium text-red">none</span>;
  return (
    <span className="[overflow-wrap:anywhere]">
      <Mono>{row.objectName}</Mono>
    </span>
  );
}

function Problem({ sentence }: { sentence: string }) {
  return (
    <span className="flex items-start gap-1.5 text-red [&_svg]:mt-[3px] [&_svg]:size-[13px] [&_svg]:shrink-0">
      <TriangleAlert aria-hidden="true" />
      {sentence}
    </span>
  );
}
