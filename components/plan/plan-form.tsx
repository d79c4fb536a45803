"use client";

import { unstable_rethrow, useRouter } from "next/navigation";
import { type ReactNode, type SubmitEvent, useActionState, useEffect, useRef } from "react";
import { type FormState, idleForm } from "#lib/auth/schema.ts";
import type { ShownPlan } from "#lib/operations/schema.ts";
import { duration } from "#lib/words.ts";
import { Button, ButtonLink } from "../button.tsx";
import { FormError } from "../form-error.tsx";
import { type AskedValue, AskedValues } from "./asked-values.tsx";
import { usePlanDesk } from "./plan-desk.tsx";
import { type MadeValues, ShownOnce } from "./shown-once.tsx";

type State = FormState<MadeValues | null>;
export type PlanAction = (previous: State, form: FormData) => Promise<State>;

/**
 * The question that every change asks: this is what would happen; go? It sends the plan's fingerprint, so that nothing
 * else happens. While there is no plan it stays, so that a value which was entered is still there when there is one.
 */
export function PlanForm({
  shown,
  action,
  hidden,
  submitLabel,
  isDanger,
  values = [],
  cancelHref,
  view,
  children,
}: {
  shown: ShownPlan | null;
  action: PlanAction;
  /** The input that the plan was made of: a text, or a list for names ending in []. */
  hidden: Record<string, string | string[]>;
  submitLabel: string;
  isDanger?: boolean | undefined;
  /** The values that a person enters, beside all that the plan is made of. */
  values?: readonly AskedValue[];
  cancelHref: string;
  /** The plan, made on the server; or why there is none. */
  view: ReactNode;
  children?: ReactNode;
}) {
  const [state, submit, isPending] = useActionState(answered(action, values), idleForm as State);
  const { isPending: isPlanning, setOver } = usePlanDesk();
  const isBlocked = shown === null || shown.plan.warnings.some(({ blocks }) => blocks);
  const isHarmless = shown !== null && shown.plan.changes.length === 0 && shown.plan.retire.length === 0;
  const { form, onSubmit } = usePatience({ isPlanning, mayGoOn: isHarmless && !isBlocked });
  useEffect(() => setOver(state.result !== null), [state.result, setOver]);
  if (state.result) return <ShownOnce made={state.result} />;
  return (
    <form ref={form} action={submit} onSubmit={onSubmit}>
      {entriesOf({ ...hidden, fingerprint: shown?.fingerprint ?? "" }).map(([name, value]) => (
        <input key={`${name} ${value}`} type="hidden" name={name} value={value} />
      ))}
      {(values.length > 0 || children) && (
        <div className="grid gap-4 border-line border-t px-5 py-4">
          {children}
          {values.length > 0 && <AskedValues values={values} state={state} />}
        </div>
      )}
      {view}
      <Problem state={state} values={values} />
      <div className="flex flex-wrap items-center justify-end gap-2.5 border-line border-t bg-panel px-5 py-3 max-md:sticky max-md:bottom-14">
        {shown && shown.plan.changes.length > 0 && shown.aboutSeconds > 0 && (
          <span className="mr-auto text-faint">about {duration(shown.aboutSeconds)}</span>
        )}
        <ButtonLink href={cancelHref}>Cancel</ButtonLink>
        <Button
          type="submit"
          isPrimary
          isDanger={isDanger}
          isPending={isPending || (isPlanning && !isHarmless)}
          disabled={isBlocked}
        >
          {submitLabel}
        </Button>
      </div>
    </form>
  );
}

/**
 * The button pressed in the moment in which the last text is taken: what touches no service goes on by itself once its
 * plan is there, everything else is looked at first.
 */
function usePatience({ isPlanning, mayGoOn }: { isPlanning: boolean; mayGoOn: boolean }) {
  const form = useRef<HTMLFormElement>(null);
  const isWanted = useRef(false);
  useEffect(() => {
    if (isPlanning || !isWanted.current) return;
    isWanted.current = false;
    if (mayGoOn) form.current?.requestSubmit();
  }, [isPlanning, mayGoOn]);
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    if (!isPlanning) return;
    event.preventDefault();
    isWanted.current = true;
  };
  return { form, onSubmit };
}

/** An answer that never comes leaves the person on her page, with all that she entered there. */
function answered(action: PlanAction, values: readonly AskedValue[]): PlanAction {
  return async (previous, form) => {
    if (values.length > 1 && bytesIn(form) > mostBytes) {
      const formError = "These values are over 7 MB together, more than one request carries. Make two groups of them.";
      return { ...idleForm, status: "error", formError } as State;
    }
    try {
      return await action(previous, form);
    } catch (error) {
      unstable_rethrow(error);
      const formError = "Skep did not answer. Look in the operations whether it was done, then send it again.";
      return { ...idleForm, status: "error", formError } as State;
    }
  };
}

/** What Next takes in one request, less some room for everything else: beyond it, nobody answers. */
const mostBytes = 7_000_000;

function bytesIn(form: FormData): number {
  return [...form.values()].reduce((sum, entry) => sum + (entry instanceof File ? entry.size : 0), 0);
}

function entriesOf(fields: Record<string, string | string[]>): [string, string][] {
  return Object.entries(fields).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((each): [string, string] => [name, each]) : [[name, value]],
  );
}

function Problem({ state, values }: { state: State; values: readonly AskedValue[] }) {
  const router = useRouter();
  const beside = ["isSameWanted", ...values.map(({ field }) => field)];
  const others = Object.entries(state.fieldErrors).filter(([field]) => !beside.includes(field));
  const sentences = [state.formError, ...others.map(([, sentence]) => sentence)].filter((text) => text !== null);
  if (sentences.length === 0) return null;
  return (
    <div className="grid gap-2 px-5 pb-4">
      <FormError sentence={sentences.join(" ")} />
      <div>
        <Button onClick={() => router.refresh()}>Show the plan as it is now</Button>
      </div>
    </div>
  );
}
