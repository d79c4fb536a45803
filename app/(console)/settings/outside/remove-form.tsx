"use client";

import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { FormError } from "#components/form-error.tsx";
import { type FormState, idleForm } from "#lib/auth/schema.ts";

/** Removes a server outside; as long as something hangs on it, it cannot be pressed. */
export function RemoveForm({
  action,
  idName,
  id,
  name,
  isUsed,
  sentence,
}: {
  action: (previous: FormState, form: FormData) => Promise<FormState>;
  idName: string;
  id: string;
  name: string;
  isUsed: boolean;
  sentence: string;
}) {
  const [state, run, isPending] = useActionState(action, idleForm);
  return (
    <form action={run} className="grid gap-3 p-4">
      <input type="hidden" name={idName} value={id} />
      <p className="text-soft">{sentence}</p>
      <FormError sentence={state.formError} />
      <div>
        <Button type="submit" isDanger isPending={isPending} disabled={isUsed}>
          Remove {name}
        </Button>
      </div>
    </form>
  );
}
