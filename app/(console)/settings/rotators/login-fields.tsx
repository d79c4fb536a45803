import { useState } from "react";
import { Field } from "#components/field.tsx";
import { RotatorMode } from "#components/rotator-mode.tsx";
import { type KindFields, Row } from "../outside/kind-fields.tsx";

const names = ["login", "secondLogin"] as const;

/** Whose passwords are set; what that means for the services is said while it is typed. */
export function LoginFields({
  textOf,
  errorOf,
  keepsOld,
  least,
  hint,
  secondHint,
}: KindFields & { keepsOld: boolean; least: 0 | 1; hint: string; secondHint: string }) {
  const [logins, setLogins] = useState(names.map((name) => textOf(name)));
  const entered = logins.filter((login) => login.trim() !== "");
  const field = (place: 0 | 1) => {
    const name = names[place];
    return {
      name,
      defaultValue: textOf(name),
      error: errorOf(name),
      onInput: ({ currentTarget: { value } }: { currentTarget: HTMLInputElement }) =>
        setLogins(logins.with(place, value)),
      autoComplete: "off",
      autoCapitalize: "off",
      spellCheck: false,
    };
  };
  return (
    <>
      <Row>
        <Field label="Login of the services" hint={hint} {...field(0)} />
        <Field label="Second login" hint={secondHint} {...field(1)} />
      </Row>
      <RotatorMode logins={Math.max(least, entered.length)} keepsOld={keepsOld} />
    </>
  );
}
