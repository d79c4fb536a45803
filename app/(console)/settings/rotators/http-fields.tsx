import { useState } from "react";
import { CheckField } from "#components/check-field.tsx";
import { Field } from "#components/field.tsx";
import { type KindFields, Row } from "../outside/kind-fields.tsx";
import { CredentialField } from "../sources/credential-field.tsx";
import { LoginFields } from "./login-fields.tsx";

export function HttpFields(fields: KindFields) {
  const { textOf, errorOf, isTicked } = fields;
  const [keepsOld, setKeepsOld] = useState(isTicked("keepsOld"));
  const field = (name: string) => ({ name, defaultValue: textOf(name), error: errorOf(name) });
  return (
    <>
      <Row>
        <Field
          label="Address"
          hint="Called for each step: check, set, test, finish. docs/rotators.md has the contract."
          autoComplete="off"
          spellCheck={false}
          {...field("address")}
        />
        <CredentialField
          {...field("credential")}
          label="File of the key"
          use="Calls are signed with it, as whsec_ and base64; it is never sent."
        />
      </Row>
      <CheckField
        name="keepsOld"
        value="true"
        defaultChecked={isTicked("keepsOld")}
        onChange={(event) => setKeepsOld(event.currentTarget.checked)}
        label="It takes the old value, too, until the rotation is over"
        hint="Tick it only where the other side does that: a rotation counts on it."
      />
      <LoginFields
        {...fields}
        least={0}
        keepsOld={keepsOld}
        hint="Left empty: it knows no logins, such as for an API key."
        secondHint="Services have one of the two by turns."
      />
    </>
  );
}
