"use client";

import { RotateCw } from "lucide-react";
import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { inputClass } from "#components/field.tsx";
import { FormError } from "#components/form-error.tsx";
import { idleForm } from "#lib/auth/schema.ts";
import { counted } from "#lib/words.ts";
import { retry, stop } from "./actions.ts";

export function RetryAll({ importId, count }: { importId: string; count: number }) {
  const [state, action, isPending] = useActionState(retry, idleForm);
  return (
    <form action={action} className="contents">
      <input type="hidden" name="importId" value={importId} />
      <Button type="submit" isPrimary isPending={isPending} icon={<RotateCw />}>
        Try again what failed <span className="sr-only">({counted(count, "secret")})</span>
      </Button>
      <FormError sentence={state.formError} />
    </form>
  );
}

type One = { importId: string; itemId: string; name: string; isMade: boolean };

/** Its name may be what stood in the way; one that was made keeps it. */
export function RetryOne({ importId, itemId, name, isMade }: One) {
  const [state, action, isPending] = useActionState(retry, idleForm);
  const { fields, fieldErrors, formError } = state;
  return (
    <form action={action} className="flex flex-wrap items-center gap-2" noValidate>
      <input type="hidden" name="importId" value={importId} />
      <input type="hidden" name="itemId" value={itemId} />
      {!isMade && (
        <input
          name="name"
          defaultValue={fields.name ?? name}
          aria-label={`Name of the secret, ${name} so far`}
          aria-invalid={fieldErrors.name ? true : undefined}
          autoComplete="off"
          spellCheck={false}
          className={`${inputClass} max-w-xs font-mono`}
        />
      )}
      <Button type="submit" isPending={isPending}>
        Try again <span className="sr-only">{name}</span>
      </Button>
      <div className="basis-full empty:hidden">
        <FormError sentence={fieldErrors.name ?? formError} />
      </div>
    </form>
  );
}

/** What is under way is carried to its end; what waits is left. */
export function StopButton({ importId }: { importId: string }) {
  const [state, action, isPending] = useActionState(stop, idleForm);
  return (
    <form action={action} className="contents">
      <input type="hidden" name="importId" value={importId} />
      <Button type="submit" isPending={isPending}>
        Stop
      </Button>
      <FormError sentence={state.formError} />
    </form>
  );
}
