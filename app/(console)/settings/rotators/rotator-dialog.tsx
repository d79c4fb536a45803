"use client";

import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { Dialog } from "#components/dialog.tsx";
import { FormError } from "#components/form-error.tsx";
import { idleForm } from "#lib/auth/schema.ts";
import type { RotatorRow } from "#lib/rotators/schema.ts";
import { agreeing, counted } from "#lib/words.ts";
import { change, remove } from "./actions.ts";
import { RotatorForm } from "./rotator-form.tsx";

/** Everything that an administrator changes of a rotator. */
export function RotatorDialog({ rotator }: { rotator: RotatorRow }) {
  return (
    <Dialog trigger="Change" triggerLabel={`Change ${rotator.name}`} title={rotator.name} sentence={rotator.text}>
      <div className="grid divide-y divide-line">
        <RotatorForm action={change} submit="Save" rotator={rotator} />
        <RemoveForm rotator={rotator} />
      </div>
    </Dialog>
  );
}

function RemoveForm({ rotator: { id, name, secrets } }: { rotator: RotatorRow }) {
  const [state, action, isPending] = useActionState(remove, idleForm);
  const [is, it] = [agreeing(secrets.length, "is", "are"), agreeing(secrets.length, "it", "them")];
  return (
    <form action={action} className="grid gap-3 p-4">
      <input type="hidden" name="rotatorId" value={id} />
      <p className="text-soft">
        {secrets.length > 0
          ? `${counted(secrets.length, "secret")} ${is} attached to it. Detach ${it} first.`
          : "Nothing is attached to it. Passwords that were set stay as they are."}
      </p>
      <FormError sentence={state.formError} />
      <div>
        <Button type="submit" isDanger isPending={isPending} disabled={secrets.length > 0}>
          Remove {name}
        </Button>
      </div>
    </form>
  );
}
