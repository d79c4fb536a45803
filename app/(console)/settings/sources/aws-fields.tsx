import { useState } from "react";
import { Field } from "#components/field.tsx";
import { SelectField } from "#components/select-field.tsx";
import { type KindFields, Row } from "../outside/kind-fields.tsx";
import { CredentialField } from "./credential-field.tsx";

const logins = [
  { value: "machine", label: "The machine's identity", hint: "Environment, web identity, container or instance role." },
  { value: "keys", label: "Keys in a file", hint: "With aws_access_key_id and aws_secret_access_key." },
];

export function AwsFields({ textOf, errorOf }: KindFields) {
  const [login, setLogin] = useState(textOf("login", "machine"));
  const field = (name: string, usual = "") => ({ name, defaultValue: textOf(name, usual), error: errorOf(name) });
  return (
    <>
      <Row>
        <Field label="Region" hint="Such as eu-central-1." {...field("region")} />
        <Field label="Endpoint" hint="Left empty: AWS's own." {...field("endpoint")} />
      </Row>
      <Row>
        <SelectField
          label="Signs in by"
          options={logins}
          {...field("login", "machine")}
          onChange={(event) => setLogin(event.currentTarget.value)}
        />
        {login === "keys" && <CredentialField {...field("credential")} />}
      </Row>
      <Row>
        <Field label="Role to assume" hint="Its ARN. Left empty: none." {...field("roleArn")} />
        <Field label="External ID" {...field("externalId")} />
      </Row>
    </>
  );
}
