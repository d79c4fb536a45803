"use client";

import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { Field } from "#components/field.tsx";
import { FormError } from "#components/form-error.tsx";
import { SelectField } from "#components/select-field.tsx";
import { idleForm } from "#lib/auth/schema.ts";
import type { Defaults } from "#lib/settings/schema.ts";
import { saveDefaults } from "./actions.ts";

const orders = [
  { value: "canary", label: "Canary", hint: "One service first, its soak, then the rest." },
  { value: "one-by-one", label: "One by one", hint: "Each service waits for the one before." },
  { value: "together", label: "Together", hint: "All at once: right where the old value ends with the new one." },
];

export function DefaultsForm({ defaults, canEdit }: { defaults: Defaults; canEdit: boolean }) {
  const [state, action, isPending] = useActionState(saveDefaults, idleForm);
  const { fields, fieldErrors, formError, status } = state;
  return (
    <form action={action} className="grid gap-4 p-4" noValidate>
      <div className="grid gap-4 sm:grid-cols-3">
        <SelectField
          label="Order of services"
          name="order"
          options={orders}
          defaultValue={fields.order ?? defaults.order}
          disabled={!canEdit}
          error={fieldErrors.order}
        />
        <Field
          label="Soak, in seconds"
          name="soakSeconds"
          inputMode="numeric"
          hint="How long new tasks must stay healthy. Empty: as the health check asks, at least 15."
          defaultValue={fields.soakSeconds ?? defaults.soakSeconds ?? ""}
          disabled={!canEdit}
          error={fieldErrors.soakSeconds}
        />
        <Field
          label="Keep old versions, in hours"
          name="keepHours"
          inputMode="numeric"
          hint="Then the version goes, once nothing can need it."
          defaultValue={fields.keepHours ?? defaults.keepSeconds / 3600}
          disabled={!canEdit}
          error={fieldErrors.keepHours}
        />
      </div>
      <FormError sentence={formError} />
      {canEdit ? (
        <div className="flex items-center gap-3">
          <Button type="submit" isPending={isPending}>
            Save the defaults
          </Button>
          <p role="status" className="text-soft">
            {status === "done" && "Saved."}
          </p>
        </div>
      ) : (
        <p className="text-soft">Administrators change these.</p>
      )}
    </form>
  );
}
