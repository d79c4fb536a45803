import { CheckField } from "#components/check-field.tsx";
import { Field } from "#components/field.tsx";
import { type KindFields, Row } from "../outside/kind-fields.tsx";
import { CredentialField } from "../sources/credential-field.tsx";
import { LoginFields } from "./login-fields.tsx";

export function PostgresqlFields(fields: KindFields) {
  const { textOf, errorOf, isTicked } = fields;
  const field = (name: string, usual = "") => ({
    name,
    defaultValue: textOf(name, usual),
    error: errorOf(name),
    autoComplete: "off",
    spellCheck: false,
  });
  return (
    <>
      <Row>
        <Field label="Host" hint="Such as db.internal." {...field("host")} />
        <Field label="Port" inputMode="numeric" {...field("port", "5432")} />
        <Field label="Database" hint="Where Skep and the services sign in." {...field("database")} />
      </Row>
      <Row>
        <Field
          label="Skep's own login"
          hint="It sets the passwords: CREATEROLE, and from PostgreSQL 16 on ADMIN OPTION on the logins."
          {...field("user")}
        />
        <CredentialField {...field("credential")} use="It holds that login's password." />
      </Row>
      <CheckField
        name="usesTls"
        value="true"
        defaultChecked={isTicked("usesTls", true)}
        label="By TLS"
        hint="Without it, what is sent can be read on the way; the new password is not among it."
      />
      <LoginFields
        {...fields}
        least={1}
        keepsOld={false}
        hint="Whose password is set."
        secondHint="Services have one of the two by turns. Give both the same rights, such as by a role that both are members of."
      />
    </>
  );
}
