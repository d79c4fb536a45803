"use client";

import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { Field } from "#components/field.tsx";
import { FormError } from "#components/form-error.tsx";
import { idleForm } from "#lib/auth/schema.ts";
import { signIn } from "./actions.ts";

export function SignInForm({ returnTo }: { returnTo: string }) {
  const [state, action, isPending] = useActionState(signIn, idleForm);
  return (
    <form action={action} className="grid gap-4" noValidate>
      <input type="hidden" name="returnTo" value={returnTo} />
      <Field
        label="E-mail"
        name="email"
        type="email"
        autoComplete="username"
        autoFocus
        defaultValue={state.fields.email}
        error={state.fieldErrors.email}
      />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        error={state.fieldErrors.password}
      />
      <FormError sentence={state.formError} />
      <Button type="submit" isPrimary isPending={isPending}>
        Sign in
      </Button>
    </form>
  );
}
