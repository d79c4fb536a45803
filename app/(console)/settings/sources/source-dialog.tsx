"use client";

import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { CopyField } from "#components/copy-field.tsx";
import { Dialog } from "#components/dialog.tsx";
import { FormError } from "#components/form-error.tsx";
import { type FormState, idleForm } from "#lib/auth/schema.ts";
import type { SourceCheck, SourceRow } from "#lib/sources/schema.ts";
import { agreeing, counted } from "#lib/words.ts";
import { RemoveForm } from "../outside/remove-form.tsx";
import { change, check, makeKey, remove } from "./actions.ts";
import { SourceForm } from "./source-form.tsx";
import { WebhookAddress } from "./webhook-address.tsx";

/** Everything that an administrator does with a source. */
export function SourceDialog({ source }: { source: SourceRow }) {
  const { id, name, bound } = source;
  return (
    <Dialog trigger="Change" triggerLabel={`Change ${source.name}`} title={source.name} sentence={source.text}>
      <div className="grid divide-y divide-line">
        <CheckForm source={source} />
        <SourceForm action={change} submit="Save" source={source} />
        <WebhookForm source={source} />
        <RemoveForm
          action={remove}
          idName="sourceId"
          id={id}
          name={name}
          isUsed={bound > 0}
          sentence={
            bound > 0
              ? `${counted(bound, "secret")} ${agreeing(bound, "takes its", "take their")} values from it. Unbind ${agreeing(bound, "it", "them")} first.`
              : "Nothing takes its values from it."
          }
        />
      </div>
    </Dialog>
  );
}

function CheckForm({ source: { id } }: { source: SourceRow }) {
  const [state, action, isPending] = useActionState<FormState<SourceCheck>, FormData>(check, idleForm);
  return (
    <form action={action} className="grid gap-3 p-4">
      <input type="hidden" name="sourceId" value={id} />
      <FormError sentence={state.formError} />
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" isPending={isPending}>
          Ask it now
        </Button>
        <p role="status" className="text-soft">
          {state.result && `${state.result.software}: ${state.result.login}.`}
        </p>
      </div>
    </form>
  );
}

function WebhookForm({ source: { id, webhookPath } }: { source: SourceRow }) {
  const [state, action, isPending] = useActionState<FormState<string>, FormData>(makeKey, idleForm);
  return (
    <form action={action} className="grid gap-3 p-4">
      <input type="hidden" name="sourceId" value={id} />
      <WebhookAddress path={webhookPath} />
      {state.result && (
        <CopyField label="The key that signs it (Standard Webhooks). It is shown only now." text={state.result} />
      )}
      <FormError sentence={state.formError} />
      <div>
        <Button type="submit" isPending={isPending}>
          Make a new key
        </Button>
      </div>
    </form>
  );
}
