import type { ReactNode } from "react";
import { Button } from "#components/button.tsx";
import { Field } from "#components/field.tsx";
import { FormError } from "#components/form-error.tsx";
import { RadioField } from "#components/radio-field.tsx";
import type { FormState } from "#lib/auth/schema.ts";
import { type KindFields, Row } from "./kind-fields.tsx";

type OutsideFormProps<K extends string> = {
  run: (form: FormData) => void;
  state: FormState;
  isPending: boolean;
  fields: KindFields;
  /** The one that is changed: under which name its id is sent, and whether its kind is settled. */
  existing: { idName: string; id: string; name: string; isKindSettled: boolean } | null;
  kind: K;
  onKind: (kind: K) => void;
  kinds: { value: K; label: string; hint: string }[];
  nameHint: string;
  submit: string;
  /** What is said while it is asked, and once it took what it was asked. */
  words: { asking: string; took: string };
  children: ReactNode;
};

/** What every server outside that Skep signs in to has: a kind, a name, the fields of its kind, and the asking before it is kept. */
export function OutsideForm<K extends string>(props: OutsideFormProps<K>) {
  const { run, state, isPending, fields, existing, kind, onKind, kinds, nameHint, submit, words, children } = props;
  return (
    <form action={run} className="grid gap-4 p-4" noValidate>
      {existing && <input type="hidden" name={existing.idName} value={existing.id} />}
      {existing?.isKindSettled ? (
        <input type="hidden" name="kind" value={kind} />
      ) : (
        <div onChange={(event) => onKind((event.target as HTMLInputElement).value as K)}>
          <RadioField label="Kind" name="kind" defaultValue={kind} error={fields.errorOf("kind")} options={kinds} />
        </div>
      )}
      <Row>
        <Field
          label="Name"
          name="name"
          hint={nameHint}
          autoComplete="off"
          defaultValue={fields.textOf("name", existing?.name)}
          error={fields.errorOf("name")}
        />
      </Row>
      {children}
      <FormError sentence={state.formError} />
      <div className="flex items-center gap-3">
        <Button type="submit" isPrimary={!existing} isPending={isPending}>
          {submit}
        </Button>
        <p role="status" className="text-soft">
          {isPending ? words.asking : state.status === "done" && words.took}
        </p>
      </div>
    </form>
  );
}
