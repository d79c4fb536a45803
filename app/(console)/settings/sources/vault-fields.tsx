import { useState } from "react";
import { Field } from "#components/field.tsx";
import { SelectField } from "#components/select-field.tsx";
import { type KindFields, Row } from "../outside/kind-fields.tsx";
import { CredentialField } from "./credential-field.tsx";

const logins = [
  { value: "approle", label: "AppRole", hint: "The file holds the secret ID." },
  { value: "token", label: "Token", hint: "The file holds a token; whoever renews it may replace the file." },
  { value: "jwt", label: "JWT", hint: "The file holds the token of the machine's identity." },
];

export function VaultFields({ textOf, errorOf }: KindFields) {
  const [login, setLogin] = useState(textOf("login", "approle"));
  const field = (name: string, usual = "") => ({ name, defaultValue: textOf(name, usual), error: errorOf(name) });
  return (
    <>
      <Row>
        <Field label="Address" hint="Of the active node: https://vault.internal:8200" {...field("address")} />
        <Field label="Namespace" hint="Left empty: the root one." {...field("namespace")} />
        <Field label="Mount of the KV engine" hint="Version 1 or 2, as it finds it." {...field("mount", "secret")} />
        <Field
          label="Field with the version (KV v1)"
          hint="Version 1 keeps none: name a field that counts or dates the value."
          {...field("versionField")}
        />
      </Row>
      <Row>
        <SelectField
          label="Signs in by"
          options={logins}
          {...field("login", "approle")}
          onChange={(event) => setLogin(event.currentTarget.value)}
        />
        <CredentialField {...field("credential")} />
        {login === "approle" && <Field label="Role ID" {...field("roleId")} />}
        {login === "jwt" && <Field label="Role" {...field("role")} />}
        {login !== "token" && (
          <Field key={login} label="Mount of the login" {...field("loginMount", login === "jwt" ? "jwt" : "approle")} />
        )}
      </Row>
    </>
  );
}
