"use client";

import { CircleCheck } from "lucide-react";
import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { FormError } from "#components/form-error.tsx";
import { Status } from "#components/status.tsx";
import { type FormState, idleForm } from "#lib/auth/schema.ts";
import type { RotatorCheck, RotatorRow } from "#lib/rotators/schema.ts";
import { check } from "./actions.ts";

/** Asks it now whether Skep may set its passwords; the answer stands here, and is kept nowhere. */
export function CheckForm({ rotator: { id, name } }: { rotator: RotatorRow }) {
  const [state, action, isPending] = useActionState<FormState<RotatorCheck>, FormData>(check, idleForm);
  return (
    <form action={action} className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
      <input type="hidden" name="rotatorId" value={id} />
      <Button type="submit" isPending={isPending} aria-label={`Check ${name}`}>
        Check
      </Button>
      <p role="status" className="min-w-0 text-soft">
        {isPending
          ? "Asking it whether Skep may set its passwords …"
          : state.result && (
              <>
                <Status tone="green" icon={<CircleCheck />}>
                  Answers
                </Status>{" "}
                {state.result.software}: {state.result.login}.
              </>
            )}
      </p>
      {!isPending && <FormError sentence={state.formError} />}
    </form>
  );
}
