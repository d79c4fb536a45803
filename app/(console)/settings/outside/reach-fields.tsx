import { CheckField } from "#components/check-field.tsx";
import { Field } from "#components/field.tsx";
import { type KindFields, Row } from "./kind-fields.tsx";

/** How far Skep goes to reach it, and whom it believes there. */
export function ReachFields({ textOf, errorOf, isTicked }: KindFields) {
  return (
    <>
      <Row>
        <Field
          label="File of its certificate authority"
          name="authorityFile"
          hint="Only where the system's authorities do not vouch for it."
          defaultValue={textOf("authorityFile")}
          error={errorOf("authorityFile")}
        />
      </Row>
      <CheckField
        name="allowsPrivateAddresses"
        value="true"
        defaultChecked={isTicked("allowsPrivateAddresses")}
        label="It is at a private address"
        hint="Loopback, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and the like. Otherwise a name that leads there is refused."
      />
    </>
  );
}
