"use client";

import { useActionState, useState } from "react";
import { CheckField } from "#components/check-field.tsx";
import { type FormState, idleForm } from "#lib/auth/schema.ts";
import { type RotatorKind, type RotatorRow, rotatorKindNames, rotatorKinds } from "#lib/rotators/schema.ts";
import { usualGenerator } from "#lib/secrets/schema.ts";
import { kindFields } from "../outside/kind-fields.tsx";
import { OutsideForm } from "../outside/outside-form.tsx";
import { ReachFields } from "../outside/reach-fields.tsx";
import { flat } from "./flat.ts";
import { HttpFields } from "./http-fields.tsx";
import { PasswordFields } from "./password-fields.tsx";
import { PostgresqlFields } from "./postgresql-fields.tsx";

type Action = (previous: FormState, form: FormData) => Promise<FormState>;

const hints: Record<RotatorKind, string> = {
  postgresql: "ALTER ROLE of one login, or of two by turns.",
  http: "A signed POST to a receiver of your own.",
};

/** A rotator, new or as it is set. Skep's own credential there is named, and never entered. */
export function RotatorForm({
  action,
  submit,
  rotator,
}: {
  action: Action;
  submit: string;
  rotator?: Pick<RotatorRow, "id" | "name" | "kind" | "settings" | "generator" | "secrets">;
}) {
  const [state, run, isPending] = useActionState(action, idleForm);
  const [kind, setKind] = useState<RotatorKind>(rotator?.kind ?? "postgresql");
  const fields = kindFields(state, rotator?.settings ? flat(rotator.settings) : null);
  return (
    <OutsideForm
      {...{ run, state, isPending, fields, kind, submit }}
      existing={
        rotator ? { idName: "rotatorId", id: rotator.id, name: rotator.name, isKindSettled: !!rotator.settings } : null
      }
      onKind={setKind}
      kinds={rotatorKinds.map((value) => ({ value, label: rotatorKindNames[value], hint: hints[value] }))}
      nameHint="How it is called here, such as shop-db."
      words={{ asking: "Asking it whether Skep may set these passwords …", took: "Skep may set these passwords." }}
    >
      {kind === "postgresql" && <PostgresqlFields {...fields} />}
      {kind === "http" && <HttpFields {...fields} />}
      <PasswordFields generator={rotator?.generator ?? usualGenerator} problems={state.fieldErrors} />
      <ReachFields {...fields} />
      {rotator && rotator.secrets.length > 0 && (
        <CheckField
          name="isSameServer"
          value="true"
          defaultChecked={state.fields.isSameServer === "true"}
          error={fields.errorOf("isSameServer")}
          label="Another address is one of the same server"
          hint="Its logins have the passwords that they had. Tick it when the address changes and the server does not."
        />
      )}
    </OutsideForm>
  );
}
