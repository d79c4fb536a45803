"use client";

import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { Dialog } from "#components/dialog.tsx";
import { FormError } from "#components/form-error.tsx";
import { idleForm } from "#lib/auth/schema.ts";
import { detach } from "./actions.ts";

export function DetachButton({ secretId, rotatorName }: { secretId: string; rotatorName: string }) {
  const [state, action, isPending] = useActionState(detach, idleForm);
  return (
    <Dialog
      trigger="Detach"
      title="Detach it?"
      sentence={`The secret keeps the value that it has, and ${rotatorName} the password. With a rotation of ${rotatorName}, this secret no longer changes.`}
    >
      <form action={action} className="grid gap-3 p-4">
        <input type="hidden" name="secretId" value={secretId} />
        <FormError sentence={state.formError} />
        <div>
          <Button type="submit" isDanger isPending={isPending}>
            Detach
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
