"use client";

import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { FormError } from "#components/form-error.tsx";
import { idleForm } from "#lib/auth/schema.ts";
import { compare, look } from "./actions.ts";

type Compared = Awaited<ReturnType<typeof compare>>;

/** Asks the Swarm, five times an hour at most; the history keeps the answer. */
export function CompareButton({ secretId }: { secretId: string }) {
  const [state, action, isPending] = useActionState<Compared, FormData>(compare, idleForm);
  return (
    <form action={action} className="contents">
      <input type="hidden" name="secretId" value={secretId} />
      <Button type="submit" isPending={isPending}>
        Compare the values
      </Button>
      <p role="status" className="basis-full text-soft empty:hidden">
        {state.status === "done" && state.result && answers[state.result]}
      </p>
      <FormError sentence={state.formError} />
    </form>
  );
}

const answers: Record<NonNullable<Compared["result"]>, string> = {
  equal: "The Swarm has that value.",
  different: "The Swarm has another value.",
  unknown: "Nobody can say: the Swarm did not tell whether it has that value.",
  "asked-too-often": "The Swarm was asked five times this hour already. Ask again later.",
};

export function LookButton({ secretId }: { secretId: string }) {
  const [state, action, isPending] = useActionState(look, idleForm);
  return (
    <form action={action} className="contents">
      <input type="hidden" name="secretId" value={secretId} />
      <Button type="submit" isPending={isPending}>
        Look now
      </Button>
      <FormError sentence={state.formError} />
    </form>
  );
}
