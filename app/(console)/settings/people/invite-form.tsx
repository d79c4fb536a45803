"use client";

import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { Field } from "#components/field.tsx";
import { FormError } from "#components/form-error.tsx";
import { type FormState, idleForm } from "#lib/auth/schema.ts";
import { invite, type MadeLink } from "./actions.ts";
import { LinkOnce } from "./link-once.tsx";
import { RoleField } from "./role-field.tsx";

export function InviteForm() {
  const [state, action, isPending] = useActionState<FormState<MadeLink>, FormData>(invite, idleForm);
  return (
    <form action={action} className="grid gap-4 p-4" noValidate>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label="E-mail"
          name="email"
          type="email"
          autoComplete="off"
          defaultValue={state.fields.email}
          error={state.fieldErrors.email}
        />
        <RoleField key={state.result?.path} role={state.fields.role ?? "viewer"} error={state.fieldErrors.role} />
      </div>
      <FormError sentence={state.formError} />
      <div>
        <Button type="submit" isPending={isPending}>
          Make an invitation
        </Button>
      </div>
      {state.result && <LinkOnce path={state.result.path} sentence="Pass this link on. It is shown only now." />}
    </form>
  );
}
