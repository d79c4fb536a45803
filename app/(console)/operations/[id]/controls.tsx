"use client";

import { OctagonPause, Undo2 } from "lucide-react";
import { type ReactNode, useActionState } from "react";
import { Button } from "#components/button.tsx";
import { FormError } from "#components/form-error.tsx";
import { type FormState, idleForm } from "#lib/auth/schema.ts";
import type { OperationView } from "#lib/operations/schema.ts";
import { decide, stop, undo } from "./actions.ts";

type Act = (previous: FormState, form: FormData) => Promise<FormState>;

/** What a person may do to an operation under way. */
export function Controls({ id, can }: { id: string; can: OperationView["can"] }) {
  return (
    <>
      {can.includes("operation.stop") && (
        <Act id={id} action={stop} icon={<OctagonPause />}>
          Stop after this
        </Act>
      )}
      {can.includes("operation.undo") && (
        <Act id={id} action={undo} icon={<Undo2 />}>
          Undo all
        </Act>
      )}
    </>
  );
}

/** What a person has to decide, each choice with what it will do. */
export function Decision({ id, attention }: { id: string; attention: NonNullable<OperationView["attention"]> }) {
  return (
    <section className="mb-[18px] overflow-hidden rounded-card border border-red/30 bg-panel">
      <div className="grid gap-1 bg-red-bg px-4 py-3">
        <p className="font-medium text-red">{attention.sentence}</p>
        <p>{attention.did}</p>
      </div>
      <ul className="divide-y divide-line">
        {attention.choices.map(({ choice, label, effect }) => (
          <li key={choice} className="flex flex-wrap items-center justify-between gap-3 px-4 py-2.5">
            <span className="min-w-0 flex-1 text-soft">{effect}</span>
            <Act id={id} action={decide} choice={choice}>
              {label}
            </Act>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Act({
  id,
  action,
  choice,
  icon,
  children,
}: {
  id: string;
  action: Act;
  choice?: string;
  icon?: ReactNode;
  children: ReactNode;
}) {
  const [state, submit, isPending] = useActionState(action, idleForm);
  return (
    <form action={submit} className="grid gap-2">
      <input type="hidden" name="operationId" value={id} />
      {choice && <input type="hidden" name="choice" value={choice} />}
      <Button type="submit" icon={icon} isPending={isPending}>
        {children}
      </Button>
      <FormError sentence={state.formError} />
    </form>
  );
}
