"use client";

import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { Field } from "#components/field.tsx";
import { FormError } from "#components/form-error.tsx";
import { idleForm, minimumPasswordCharacters } from "#lib/auth/schema.ts";
import { changePassword } from "./actions.ts";

export function PasswordForm() {
  const [state, action, isPending] = useActionState(changePassword, idleForm);
  return (
    <form action={action} className="grid max-w-md gap-4 p-4" noValidate>
      <Field
        label="Present password"
        name="currentPassword"
        type="password"
        autoComplete="current-password"
        error={state.fieldErrors.currentPassword}
      />
      <Field
        label="New password"
        name="newPassword"
        type="password"
        autoComplete="new-password"
        hint={`At least ${minimumPasswordCharacters} characters. A few words that only you would put together are best.`}
        error={state.fieldErrors.newPassword}
      />
      <FormError sentence={state.formError} />
      <div className="flex items-center gap-3">
        <Button type="submit" isPending={isPending}>
          Change the password
        </Button>
        <p role="status" className="text-soft">
          {state.status === "done" && "Changed. Your other sessions have ended."}
        </p>
      </div>
    </form>
  );
}
