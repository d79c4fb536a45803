"use client";

import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { Field } from "#components/field.tsx";
import { FormError } from "#components/form-error.tsx";
import { type FormState, idleForm, minimumPasswordCharacters } from "#lib/auth/schema.ts";

type AccessFormProps = {
  action: (previous: FormState, form: FormData) => Promise<FormState>;
  token: string;
  asksName?: boolean;
  /** Given: the address is fixed by the link. Null: the person enters it. */
  email: string | null;
  submit: string;
};

/** Whoever comes by a link says who she is, chooses a password, and is in. */
export function AccessForm({ action, token, asksName = true, email, submit }: AccessFormProps) {
  const [state, send, isPending] = useActionState(action, idleForm);
  const { fields, fieldErrors, formError } = state;
  return (
    <form action={send} className="grid gap-4" noValidate>
      <input type="hidden" name="token" value={token} />
      {asksName && (
        <Field
          label="Name"
          name="name"
          autoComplete="name"
          autoFocus
          hint="As the history will show it."
          defaultValue={fields.name}
          error={fieldErrors.name}
        />
      )}
      {email === null ? (
        <Field
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          defaultValue={fields.email}
          error={fieldErrors.email}
        />
      ) : (
        <input type="email" name="email" value={email} autoComplete="username" readOnly hidden />
      )}
      <Field
        label={asksName ? "Password" : "New password"}
        name="password"
        type="password"
        autoComplete="new-password"
        autoFocus={!asksName}
        hint={`At least ${minimumPasswordCharacters} characters. A few words that only you would put together are best.`}
        error={fieldErrors.password}
      />
      <FormError sentence={formError} />
      <Button type="submit" isPrimary isPending={isPending}>
        {submit}
      </Button>
    </form>
  );
}
