import { useState } from "react";
import { Field } from "#components/field.tsx";
import { SelectField } from "#components/select-field.tsx";
import { type KindFields, Row } from "../outside/kind-fields.tsx";
import { CredentialField } from "./credential-field.tsx";

const places = [
  { value: "header", label: "In a header", hint: "Such as etag." },
  { value: "body", label: "In the body", hint: "A JSON pointer, such as /meta/version." },
  { value: "none", label: "Nowhere", hint: "Then it is read when a person asks, and never by itself." },
];

export function HttpFields({ textOf, errorOf }: KindFields) {
  const [place, setPlace] = useState(textOf("versionIn", "header"));
  const field = (name: string, usual = "") => ({ name, defaultValue: textOf(name, usual), error: errorOf(name) });
  return (
    <>
      <Row>
        <Field label="Address" hint="A secret's path is appended to it." {...field("address")} />
      </Row>
      <Row>
        <Field label="Header of the login" hint="Left empty: none." {...field("headerName", "authorization")} />
        <Field label="Before the credential" hint="Such as Bearer and a blank." {...field("headerPrefix", "Bearer ")} />
        <CredentialField {...field("credential")} />
      </Row>
      <Row>
        <SelectField
          label="Where it says the version"
          options={places}
          {...field("versionIn", "header")}
          onChange={(event) => setPlace(event.currentTarget.value)}
        />
        {place !== "none" && (
          <Field
            key={place}
            label={place === "header" ? "Name of the header" : "JSON pointer"}
            {...field("versionName", place === "header" ? "etag" : "/version")}
          />
        )}
      </Row>
    </>
  );
}
