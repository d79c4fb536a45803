"use client";

import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { FormError } from "#components/form-error.tsx";
import { idleForm } from "#lib/auth/schema.ts";
import { recognise } from "./actions.ts";

type RecogniseFormProps = { clusterId: string; isOther: boolean; canRecognise: boolean };

export function RecogniseForm({ clusterId, isOther, canRecognise }: RecogniseFormProps) {
  const [state, action, isPending] = useActionState(recognise, idleForm);
  return (
    <form action={action} className="grid gap-3 p-4">
      <input type="hidden" name="clusterId" value={clusterId} />
      <p className="text-soft">
        Until then nothing is changed and nothing unfinished goes on.{" "}
        {isOther
          ? "If this is the right Swarm from now on, what Skep knows of the other one stays, but is no longer shown."
          : "If no other Skep works here and the database is the right one, changes may go on. Secrets that it does not know are shown as unmanaged."}
      </p>
      <p className="break-all font-mono">{clusterId}</p>
      <FormError sentence={state.formError} />
      {canRecognise ? (
        <div>
          <Button type="submit" isPending={isPending}>
            This is the right Swarm
          </Button>
        </div>
      ) : (
        <p className="text-soft">Ask an administrator.</p>
      )}
    </form>
  );
}
