"use client";

import { useActionState } from "react";
import { Button } from "#components/button.tsx";
import { FormError } from "#components/form-error.tsx";
import { KeepField, orderOptions, SoakField } from "#components/plan/rotation-fields.tsx";
import { SelectField } from "#components/select-field.tsx";
import { idleForm } from "#lib/auth/schema.ts";
import type { Defaults } from "#lib/settings/schema.ts";
import { exactDuration } from "#lib/words.ts";
import { saveDefaults } from "./actions.ts";

export function DefaultsForm({ defaults, canEdit }: { defaults: Defaults; canEdit: boolean }) {
  const [state, action, isPending] = useActionState(saveDefaults, idleForm);
  const { fields, fieldErrors, formError, status } = state;
  const { soakSeconds } = defaults;
  return (
    <form action={action} className="grid gap-4 p-4" noValidate>
      <div className="grid gap-4 sm:grid-cols-3">
        <SelectField
          label="Order of services"
          name="order"
          options={orderOptions}
          defaultValue={fields.order ?? defaults.order}
          disabled={!canEdit}
          error={fieldErrors.order}
        />
        <SoakField
          defaultValue={fields.soakSeconds ?? (soakSeconds === null ? "" : exactDuration(soakSeconds))}
          disabled={!canEdit}
          error={fieldErrors.soakSeconds}
        />
        <KeepField
          defaultValue={fields.keepSeconds ?? exactDuration(defaults.keepSeconds)}
          disabled={!canEdit}
          error={fieldErrors.keepSeconds}
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
