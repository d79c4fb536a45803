"use client";

import { unstable_rethrow, useRouter } from "next/navigation";
import { type ReactNode, type SubmitEvent, useActionState, useEffect, useRef } from "react";
import { type FormState, idleForm } from "#lib/auth/schema.ts";
import type { ShownPlan } from "#lib/operations/schema.ts";
import { duration } from "#lib/words.ts";
import { Button, ButtonLink } from "../button.tsx";
import { CheckField } from "../check-field.tsx";
import { CopyField } from "../copy-field.tsx";
import { FormError } from "../form-error.tsx";
import { ValueField } from "../value-field.tsx";
import { usePlanDesk } from "./plan-desk.tsx";

/** Generated values, in the one answer that shows them. */
export type MadeValues = { values: { secretName: string; text: string }[]; operationId: string };
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
  asksValue,
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
  asksValue?: boolean | undefined;
  cancelHref: string;
  /** The plan, made on the server; or why there is none. */
  view: ReactNode;
  children?: ReactNode;
}) {
  const [state, submit, isPending] = useActionState(answered(action), idleForm as State);
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
      {(asksValue || children) && (
        <div className="grid gap-4 border-line border-t px-5 py-4">
          {children}
          {asksValue && <ValueField error={state.fieldErrors.value} />}
          {asksValue && <SameValue state={state} />}
        </div>
      )}
      {view}
      <Problem state={state} />
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
function answered(action: PlanAction): PlanAction {
  return async (previous, form) => {
    try {
      return await action(previous, form);
    } catch (error) {
      unstable_rethrow(error);
      const formError = "Skep did not answer. Look in the operations whether it was done, then send it again.";
      return { ...idleForm, status: "error", formError } as State;
    }
  };
}

/** The Swarm says that nothing would change: mostly a slip, sometimes meant. */
function SameValue({ state }: { state: State }) {
  const sentence = state.fieldErrors.isSameWanted;
  if (!sentence && !state.fields.isSameWanted) return null;
  return (
    <div role="alert" className="grid gap-2 rounded-lg border border-honey-line bg-honey-bg px-3.5 py-2.5">
      {sentence && <p className="font-medium text-honey">{sentence}</p>}
      <CheckField
        name="isSameWanted"
        value="true"
        defaultChecked={state.fields.isSameWanted === "true"}
        label="Rotate to the same value all the same"
        hint="Tasks restart with the value that they have. Tick this and enter the value once more."
      />
    </div>
  );
}

function entriesOf(fields: Record<string, string | string[]>): [string, string][] {
  return Object.entries(fields).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((each): [string, string] => [name, each]) : [[name, value]],
  );
}

function Problem({ state }: { state: State }) {
  const router = useRouter();
  const { value: _beside, isSameWanted: _asked, ...fieldErrors } = state.fieldErrors;
  const sentences = [state.formError, ...Object.values(fieldErrors)].filter((text) => text !== null);
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

function ShownOnce({ made: { values, operationId } }: { made: MadeValues }) {
  const isOne = values.length === 1;
  return (
    <div className="grid gap-4 border-line border-t px-5 py-5">
      <p>
        The Swarm has the new {isOne ? "value" : "values"}.{" "}
        <b className="font-semibold">This is the only time that {isOne ? "it is" : "they are"} shown.</b> Take{" "}
        {isOne ? "it" : "them"} along now; afterwards nobody can see {isOne ? "it" : "them"} again.
      </p>
      {values.map(({ secretName, text }) => (
        <CopyField key={secretName} label={isOne ? "New value" : `New value of ${secretName}`} text={text} />
      ))}
      <div>
        <ButtonLink isPrimary href={`/operations/${operationId}`}>
          I have {isOne ? "it" : "them"}; show the operation
        </ButtonLink>
      </div>
    </div>
  );
}
