"use client";

import { useActionState } from "react";
import { Ago } from "#components/ago.tsx";
import { Button } from "#components/button.tsx";
import { Field } from "#components/field.tsx";
import { FormError } from "#components/form-error.tsx";
import { idleForm } from "#lib/auth/schema.ts";
import type { AutomationView } from "#lib/settings/schema.ts";
import { pause, resume } from "./actions.ts";

export function AutomationForm({ automation, canPause }: { automation: AutomationView; canPause: boolean }) {
  return (
    <div className="grid gap-4 p-4">
      <p className="text-soft">
        <LastTurn automation={automation} />
      </p>
      {!canPause && <p className="text-soft">Operators and administrators turn this switch.</p>}
      {canPause && (automation.isPaused ? <ResumeForm /> : <PauseForm />)}
    </div>
  );
}

function LastTurn({ automation: { isPaused, reason, changedBy, changedAt } }: { automation: AutomationView }) {
  if (!changedAt) return "It was never paused. What people start is never held up by this switch.";
  return (
    <>
      {isPaused ? "Paused" : "Resumed"} by {changedBy ?? "Skep"} <Ago at={changedAt} />
      {reason && `: “${reason}”`}. What people start is never held up by this switch.
    </>
  );
}

function PauseForm() {
  const [state, action, isPending] = useActionState(pause, idleForm);
  return (
    <form action={action} className="grid max-w-md gap-4" noValidate>
      <Field
        label="Reason"
        name="reason"
        hint="For the others, and the history. It may stay empty."
        defaultValue={state.fields.reason}
        error={state.fieldErrors.reason}
      />
      <FormError sentence={state.formError} />
      <div>
        <Button type="submit" isPending={isPending}>
          Pause all automatic work
        </Button>
      </div>
    </form>
  );
}

function ResumeForm() {
  const [state, action, isPending] = useActionState(resume, idleForm);
  return (
    <form action={action} className="grid gap-4">
      <FormError sentence={state.formError} />
      <div>
        <Button type="submit" isPrimary isPending={isPending}>
          Resume automatic work
        </Button>
      </div>
    </form>
  );
}
