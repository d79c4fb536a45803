"use client";

import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { FormError } from "#components/form-error.tsx";
import { idleForm, type SessionRow } from "#lib/auth/schema.ts";
import { revokeSession } from "./account/actions.ts";
import { browserName } from "./browser-name.ts";

export function EndSessionButton({ session }: { session: SessionRow }) {
  const [state, action, isPending] = useActionState(revokeSession, idleForm);
  const name = `End the session of ${session.personName} in ${browserName(session.userAgent)}`;
  return (
    <form action={action} className="flex items-center gap-3">
      <input type="hidden" name="sessionId" value={session.id} />
      <input type="hidden" name="personId" value={session.personId} />
      <FormError sentence={state.formError} />
      <Button type="submit" isPending={isPending} aria-label={name}>
        End
      </Button>
    </form>
  );
}
