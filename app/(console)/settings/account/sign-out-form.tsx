"use client";

import { LogOut } from "lucide-react";
import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { FormError } from "#components/form-error.tsx";
import { idleForm } from "#lib/auth/schema.ts";
import { signOut } from "../../../(auth)/sign-in/actions.ts";

export function SignOutForm() {
  const [state, action, isPending] = useActionState(signOut, idleForm);
  return (
    <form action={action} className="flex items-center gap-3">
      <FormError sentence={state.formError} />
      <Button type="submit" icon={<LogOut />} isPending={isPending}>
        Sign out
      </Button>
    </form>
  );
}
