"use client";

import { useActionState, useState } from "react";
import { Button, ButtonLink } from "#components/button.tsx";
import { FormError } from "#components/form-error.tsx";
import { Mono } from "#components/mono.tsx";
import { RadioField } from "#components/radio-field.tsx";
import { RotatorMode } from "#components/rotator-mode.tsx";
import { SelectField } from "#components/select-field.tsx";
import { idleForm } from "#lib/auth/schema.ts";
import { agreeing, someOf } from "#lib/words.ts";
import { attach } from "./actions.ts";
import type { Choice } from "./choices.ts";
import { WritingFields } from "./writing-fields.tsx";

type Props = { secretId: string; backHref: string; rotators: Choice[] };

export function AttachForm({ secretId, backHref, rotators }: Props) {
  const [state, action, isPending] = useActionState(attach, idleForm);
  const [rotatorId, setRotatorId] = useState(rotators[0]?.id ?? "");
  const { fields, fieldErrors } = state;
  const rotator = rotators.find(({ id }) => id === rotatorId);
  return (
    <form action={action} className="grid gap-4 p-4" noValidate>
      <input type="hidden" name="secretId" value={secretId} />
      <SelectField
        label="Rotator"
        name="rotatorId"
        options={rotators.map(({ id, name, text }) => ({ value: id, label: name, hint: text }))}
        defaultValue={fields.rotatorId ?? rotatorId}
        error={fieldErrors.rotatorId}
        onChange={(event) => setRotatorId(event.currentTarget.value)}
      />
      {rotator && (
        <>
          <RotatorMode logins={rotator.logins.length} keepsOld={rotator.keepsOld} />
          <Others others={rotator.others} />
          <LoginField key={`login ${rotatorId}`} rotator={rotator} entered={fields.login} error={fieldErrors.login} />
          <WritingFields
            key={`writing ${rotatorId}`}
            secretId={secretId}
            presets={rotator.presets}
            hasLogins={rotator.logins.length > 0}
            entered={fields}
            error={fieldErrors.writing ?? fieldErrors.template}
          />
        </>
      )}
      <FormError sentence={state.formError} />
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" isPrimary isPending={isPending}>
          Attach
        </Button>
        <ButtonLink href={backHref}>Cancel</ButtonLink>
      </div>
    </form>
  );
}

function Others({ others }: { others: Choice["others"] }) {
  if (!others) return null;
  const { names, login } = others;
  return (
    <p className="text-soft">
      {someOf(names)} {agreeing(names.length, "is", "are")} attached to it already
      {login !== null && (
        <>
          , with the login <Mono>{login}</Mono>
        </>
      )}
      : all change together.
    </p>
  );
}

type LoginProps = { rotator: Choice; entered: string | undefined; error: string | undefined };

/** Only a person knows whose password the value is that the secret has: of two, neither is proposed. */
function LoginField({ rotator: { name, logins }, entered, error }: LoginProps) {
  const [only, second] = logins;
  if (only === undefined) return null;
  if (second !== undefined) {
    return (
      <RadioField
        label="Which login does the secret have now?"
        name="login"
        defaultValue={entered}
        error={error}
        options={logins.map((login) => ({
          value: login,
          label: <Mono>{login}</Mono>,
          hint: loginHints(login, logins),
        }))}
      />
    );
  }
  return (
    <div className="grid gap-1">
      <input type="hidden" name="login" value={only} />
      <p className="text-soft">
        The value that the secret has now counts as the password of <Mono>{only}</Mono>, the one login of {name}.
      </p>
      {error && <p className="font-medium text-[12px] text-red">{error}</p>}
    </div>
  );
}

function loginHints(login: string, logins: string[]): string {
  const other = logins.find((each) => each !== login);
  return `The next rotation sets the password of ${other}, and leaves ${login} alone.`;
}
