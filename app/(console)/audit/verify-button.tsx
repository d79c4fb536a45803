"use client";

import { ShieldCheck } from "lucide-react";
import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { FormError } from "#components/form-error.tsx";
import { idleForm } from "#lib/auth/schema.ts";
import { verify } from "./actions.ts";

/** Walks the whole chain in the database; the first line of the page then says what was found. */
export function VerifyButton() {
  const [state, submit, isPending] = useActionState(verify, idleForm);
  return (
    <form action={submit} className="grid gap-2">
      <Button type="submit" icon={<ShieldCheck />} isPending={isPending}>
        {state.status === "done" ? "Verified; again" : "Verify now"}
      </Button>
      <FormError sentence={state.formError} />
    </form>
  );
}
