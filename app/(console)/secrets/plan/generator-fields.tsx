import { CheckField } from "#components/check-field.tsx";
import { Field } from "#components/field.tsx";
import { SelectField } from "#components/select-field.tsx";
import { alphabetOf, bytesOf, enoughBits, entropyBits, type Generator } from "#lib/generate/schema.ts";
import { generator as generatorSchema } from "#lib/secrets/schema.ts";
import { type Fields, inputOf, textOf } from "./fields.ts";
import type { Problems } from "./prepared.ts";

const kinds = [
  { value: "password", label: "Password" },
  { value: "hex", label: "Random bytes as hex" },
  { value: "base64url", label: "Random bytes as base64url" },
  { value: "uuid", label: "UUID" },
];

const sets = [
  { value: "letters-digits", label: "Letters and digits" },
  { value: "letters-digits-symbols", label: "Letters, digits and symbols" },
  { value: "digits", label: "Digits" },
  { value: "own", label: "My own characters" },
];

/** How the server makes a value: its kind, and what that kind asks. Each choice is a field, so that it is in the plan's address. */
export function GeneratorFields({
  fields,
  problems,
  label = "Made as",
  person,
}: {
  fields: Fields;
  problems: Problems;
  label?: string;
  /** The choice that nothing is made: a person enters it. */
  person?: string;
}) {
  const make = textOf(fields, "make");
  const at = (name: string) => problems[`generator.${name}`];
  const isPassword = make === "password";
  const isBytes = make === "hex" || make === "base64url";
  const isOwn = isPassword && textOf(fields, "alphabet") === "own";
  return (
    <div className="grid gap-4 md:grid-cols-2">
      <SelectField
        key={`make ${make}`}
        label={label}
        name="make"
        defaultValue={make}
        options={person === undefined ? kinds : [{ value: "", label: person }, ...kinds]}
      />
      {isBytes && (
        <Field
          label="Random bytes"
          name="bytes"
          inputMode="numeric"
          defaultValue={textOf(fields, "bytes") || "32"}
          error={at("bytes")}
        />
      )}
      {isPassword && (
        <SelectField
          label="Characters"
          name="alphabet"
          defaultValue={textOf(fields, "alphabet") || "letters-digits"}
          options={sets}
        />
      )}
      {isOwn && (
        <Field
          label="My characters"
          name="characters"
          defaultValue={textOf(fields, "characters")}
          error={at("characters")}
          hint="Each counts once, whatever the order. No blanks."
          autoComplete="off"
          spellCheck={false}
          className="font-mono"
        />
      )}
      {isPassword && (
        <Field
          label="Length, in characters"
          name="length"
          inputMode="numeric"
          defaultValue={textOf(fields, "length") || "32"}
          error={at("length")}
        />
      )}
      {isPassword && (
        <div className="md:self-end md:pb-1.5">
          <CheckField
            name="withoutLookAlikes"
            value="true"
            defaultChecked={textOf(fields, "withoutLookAlikes") !== ""}
            label={
              <>
                Without look-alikes, such as <code>0 O 1 l I</code>
              </>
            }
          />
        </div>
      )}
      <Strength fields={fields} />
    </div>
  );
}

/** What people cannot see in a number of characters: how hard the value is to guess. */
function Strength({ fields }: { fields: Fields }) {
  const asked = inputOf({ ...fields, source: "generated" }).generator;
  if (typeof asked !== "string") return null;
  const parsed = generatorSchema.safeParse(JSON.parse(asked));
  if (!parsed.success) return null;
  const bits = entropyBits(parsed.data);
  const isWeak = bits < enoughBits;
  return (
    <p className={`text-[12px] md:col-span-2 ${isWeak ? "text-honey" : "text-soft"}`}>
      About {bits.toLocaleString("en")} bits of randomness in {bytesOf(parsed.data).toLocaleString("en")} bytes.{" "}
      {isWeak && `That can be guessed by whoever holds a hash of it: ${enoughText(parsed.data)}.`}
    </p>
  );
}

function enoughText(generator: Generator): string {
  if (generator.type !== "password") return `use ${enoughBits / 8} bytes or more`;
  return `use ${Math.ceil(enoughBits / Math.log2(alphabetOf(generator).length))} characters or more`;
}
