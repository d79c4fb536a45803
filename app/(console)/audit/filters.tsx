"use client";

import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useRef, useTransition } from "react";
import { Button } from "#components/button.tsx";
import { chipSelectClass } from "#components/chip.ts";
import { inputClass } from "#components/field.tsx";
import { Kbd } from "#components/kbd.tsx";
import { useShortcut } from "#components/shortcuts/use-shortcut.ts";
import { actions, filterNames, outcomes } from "./filter.ts";

type Query = Record<string, string | string[] | undefined>;

/** Texts are looked for a moment after the last key. */
const pauseMilliseconds = 300;

/** Each choice goes into the address at once, so that a found line can be sent to somebody. */
export function Filters({ query, people }: { query: Query; people: { id: string; name: string }[] }) {
  const { form, search, apply, applySoon, clear, isPending } = useAddress();
  const text = (name: string) => (typeof query[name] === "string" ? query[name] : "");
  const isSet = filterNames.some((name) => text(name) !== "");
  const isNarrowed = filterNames.some((name) => name !== "q" && text(name) !== "");
  return (
    <form
      ref={form}
      method="get"
      aria-label="Filters"
      aria-busy={isPending}
      className="mb-3 flex flex-wrap items-center gap-2.5"
      onChange={({ target }) => (target instanceof HTMLInputElement && isTyped(target) ? applySoon() : apply())}
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <div className="relative w-full max-w-[270px] max-md:max-w-none">
        <input
          ref={search}
          type="search"
          name="q"
          aria-label="Search"
          defaultValue={text("q")}
          placeholder="Person, action, secret, service"
          className={`peer ${inputClass} pr-8`}
        />
        <span className="pointer-events-none absolute inset-y-0 right-2 grid place-items-center text-faint peer-[:not(:placeholder-shown)]:hidden">
          <Kbd>/</Kbd>
        </span>
      </div>
      {/* On a phone the history comes first; what is set stays open. */}
      <input type="checkbox" id="more-filters" className="peer sr-only md:hidden" defaultChecked={isNarrowed} />
      <label
        htmlFor="more-filters"
        className="w-fit cursor-pointer py-1 text-soft underline underline-offset-2 peer-checked:hidden peer-focus-visible:outline-2 peer-focus-visible:outline-honey md:hidden"
      >
        More filters
      </label>
      <div className="contents max-md:hidden max-md:peer-checked:contents">
        <Choice
          name="person"
          label="Person"
          value={text("person")}
          options={people.map(({ id, name }) => [id, name])}
        />
        <Choice
          name="action"
          label="Action"
          value={text("action")}
          options={actions.map(({ value, label }) => [value, label])}
        />
        <Choice
          name="outcome"
          label="Outcome"
          value={text("outcome")}
          options={outcomes.map((each) => [each, each === "left-out" ? "done, some left out" : each])}
        />
        <TextChip name="secret" label="Secret" value={text("secret")} />
        <TextChip name="service" label="Service" value={text("service")} />
        <Day name="from" label="from" value={text("from")} />
        <Day name="to" label="to" value={text("to")} />
        <OutsideChip isChosen={text("outside") === "1"} />
      </div>
      {isSet && <Button onClick={clear}>Clear</Button>}
      <button type="submit" className="sr-only">
        Filter
      </button>
    </form>
  );
}

/** Writes what the form holds into the address; pages further back begin anew. */
function useAddress() {
  const form = useRef<HTMLFormElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const router = useRouter();
  const [isPending, start] = useTransition();
  useShortcut("/", () => search.current?.focus());
  useEffect(() => () => clearTimeout(timer.current), []);
  const apply = () => {
    clearTimeout(timer.current);
    if (!form.current) return;
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form.current))
      if (typeof value === "string" && value) query.append(name, value);
    start(() => router.replace(`/audit?${query}`, { scroll: false }));
  };
  const applySoon = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(apply, pauseMilliseconds);
  };
  const clear = () => {
    for (const field of form.current?.elements ?? []) {
      if (field instanceof HTMLSelectElement) field.value = "";
      if (!(field instanceof HTMLInputElement) || !field.name) continue;
      if (field.type === "checkbox") field.checked = false;
      else field.value = "";
    }
    apply();
  };
  return { form, search, apply, applySoon, clear, isPending };
}

function isTyped({ type }: HTMLInputElement): boolean {
  return type === "search" || type === "text";
}

type Chip = { name: string; label: string; value: string };

function Choice({ name, label, value, options }: Chip & { options: [value: string, text: string][] }) {
  return (
    <select
      key={`${name} ${value}`}
      name={name}
      aria-label={label}
      defaultValue={value}
      data-chosen={value !== ""}
      className={chipSelectClass}
    >
      <option value="">{label}: any</option>
      {options.map(([each, text]) => (
        <option key={each} value={each}>
          {label}: {text}
        </option>
      ))}
    </select>
  );
}

const chip =
  "rounded-full border border-line bg-panel px-2.5 py-0.5 text-soft has-[:focus-visible]:outline-2 has-[:focus-visible]:outline-honey data-[chosen=true]:border-honey-line data-[chosen=true]:bg-honey-bg data-[chosen=true]:text-honey max-md:min-h-9";

function TextChip({ name, label, value }: Chip) {
  return (
    <label className={`inline-flex items-center gap-1.5 ${chip}`} data-chosen={value !== ""}>
      {label}:
      <input
        name={name}
        type="text"
        defaultValue={value}
        placeholder="any"
        spellCheck={false}
        autoComplete="off"
        className="w-24 bg-transparent font-mono outline-none placeholder:font-sans"
      />
    </label>
  );
}

function Day({ name, label, value }: Chip) {
  return (
    <label className={`inline-flex items-center gap-1.5 ${chip}`} data-chosen={value !== ""}>
      {label}
      <input name={name} type="date" defaultValue={value} className="num w-[6.9rem] bg-transparent outline-none" />
    </label>
  );
}

function OutsideChip({ isChosen }: { isChosen: boolean }): ReactNode {
  return (
    <label className={`inline-flex items-center gap-1.5 ${chip}`} data-chosen={isChosen}>
      <input
        type="checkbox"
        name="outside"
        value="1"
        defaultChecked={isChosen}
        className="size-3 accent-honey outline-none"
      />
      Only from outside Skep
    </label>
  );
}
