"use client";

import { useActionState, useState } from "react";
import { Button } from "#components/button.tsx";
import { CheckField } from "#components/check-field.tsx";
import { Field } from "#components/field.tsx";
import { FormError } from "#components/form-error.tsx";
import { RadioField } from "#components/radio-field.tsx";
import { type FormState, idleForm } from "#lib/auth/schema.ts";
import { type RotatorKind, type RotatorRow, rotatorKindNames, rotatorKinds } from "#lib/rotators/schema.ts";
import { usualGenerator } from "#lib/secrets/schema.ts";
import { type KindFields, Row } from "../sources/kind-fields.tsx";
import { ReachFields } from "../sources/reach-fields.tsx";
import { flat } from "./flat.ts";
import { HttpFields } from "./http-fields.tsx";
import { PasswordFields } from "./password-fields.tsx";
import { PostgresqlFields } from "./postgresql-fields.tsx";

type Action = (previous: FormState, form: FormData) => Promise<FormState>;

const hints: Record<RotatorKind, string> = {
  postgresql: "ALTER ROLE of one login, or of two by turns.",
  http: "A signed POST to a receiver of your own.",
};

/** What the fields of a kind of rotator get: beside the texts, whether a tick is set. */
export type RotatorFields = KindFields & { isTicked: (name: string, usual?: boolean) => boolean };

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
  const set = rotator?.settings ? flat(rotator.settings) : null;
  // Only what was entered counts once something was: a tick that was taken away is not sent.
  const ticks = Object.keys(state.fields).length > 0 ? state.fields : set;
  const fields: RotatorFields = {
    textOf: (name, usual = "") => state.fields[name] ?? set?.[name] ?? usual,
    errorOf: (name) => state.fieldErrors[name],
    isTicked: (name, usual = false) => (ticks ? ticks[name] === "true" : usual),
  };
  return (
    <form action={run} className="grid gap-4 p-4" noValidate>
      {rotator && <input type="hidden" name="rotatorId" value={rotator.id} />}
      {rotator?.settings ? (
        <input type="hidden" name="kind" value={kind} />
      ) : (
        <div onChange={(event) => setKind((event.target as HTMLInputElement).value as RotatorKind)}>
          <RadioField
            label="Kind"
            name="kind"
            defaultValue={kind}
            error={fields.errorOf("kind")}
            options={rotatorKinds.map((value) => ({ value, label: rotatorKindNames[value], hint: hints[value] }))}
          />
        </div>
      )}
      <Row>
        <Field
          label="Name"
          name="name"
          hint="How it is called here, such as shop-db."
          autoComplete="off"
          defaultValue={state.fields.name ?? rotator?.name ?? ""}
          error={fields.errorOf("name")}
        />
      </Row>
      {kind === "postgresql" && <PostgresqlFields {...fields} />}
      {kind === "http" && <HttpFields {...fields} />}
      <PasswordFields generator={rotator?.generator ?? usualGenerator} problems={state.fieldErrors} />
      <ReachFields {...fields} isPrivate={fields.isTicked("allowsPrivateAddresses")} />
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
      <FormError sentence={state.formError} />
      <div className="flex items-center gap-3">
        <Button type="submit" isPrimary={!rotator} isPending={isPending}>
          {submit}
        </Button>
        <p role="status" className="text-soft">
          {isPending
            ? "Asking it whether Skep may set these passwords …"
            : state.status === "done" && "Skep may set these passwords."}
        </p>
      </div>
    </form>
  );
}
