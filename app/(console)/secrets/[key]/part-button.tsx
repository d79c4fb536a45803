"use client";

import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { Dialog } from "#components/dialog.tsx";
import { FormError } from "#components/form-error.tsx";
import { type FormState, idleForm } from "#lib/auth/schema.ts";

type Props = {
  /** What the buttons say. */
  verb: "Detach" | "Unbind";
  /** What then holds. */
  sentence: string;
  secretId: string;
  action: (previous: FormState, form: FormData) => Promise<FormState>;
};

/** Parts a secret from where its values come from, after a second yes. */
export function PartButton({ verb, sentence, secretId, action }: Props) {
  const [state, submit, isPending] = useActionState(action, idleForm);
  return (
    <Dialog trigger={verb} title={`${verb} it?`} sentence={sentence}>
      <form action={submit} className="grid gap-3 p-4">
        <input type="hidden" name="secretId" value={secretId} />
        <FormError sentence={state.formError} />
        <div>
          <Button type="submit" isDanger isPending={isPending}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
