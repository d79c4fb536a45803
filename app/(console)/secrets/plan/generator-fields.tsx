import { CheckField } from "#components/check-field.tsx";
import { Field } from "#components/field.tsx";
import { SelectField } from "#components/select-field.tsx";
import { alphabetOf, bytesOf, enoughBits, entropyBits, type Generator, generatorText } from "#lib/generate/schema.ts";
import { generator as generatorSchema } from "#lib/secrets/schema.ts";
import { type Fields, generatorOf, textOf } from "./fields.ts";
import type { Problems } from "./problems.ts";

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
  suffix = "",
  path = "",
}: {
  fields: Fields;
  problems: Problems;
  label?: string;
  /** The choice that nothing is made: a person enters it. */
  person?: string;
  /** Of several secrets on one page, what sets the fields of this one apart, and where its problems are found. */
  suffix?: string;
  path?: string;
}) {
  const named = (name: string) => `${name}${suffix}`;
  const text = (name: string) => textOf(fields, named(name));
  const make = text("make");
  const at = (name: string) => problems[`${path}generator.${name}`];
  const isPassword = make === "password";
  const isBytes = make === "hex" || make === "base64url";
  const isOwn = isPassword && text("alphabet") === "own";
  return (
    <div className="grid gap-4 md:grid-cols-2">
      <SelectField
        key={`make ${make}`}
        label={label}
        name={named("make")}
        defaultValue={make}
        options={person === undefined ? kinds : [{ value: "", label: person }, ...kinds]}
      />
      {isBytes && (
        <Field
          label="Random bytes"
          name={named("bytes")}
          inputMode="numeric"
          defaultValue={text("bytes") || "32"}
          error={at("bytes")}
        />
      )}
      {isPassword && (
        <SelectField
          label="Characters"
          name={named("alphabet")}
          defaultValue={text("alphabet") || "letters-digits"}
          options={sets}
        />
      )}
      {isOwn && (
        <Field
          label="My characters"
          name={named("characters")}
          defaultValue={text("characters")}
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
          name={named("length")}
          inputMode="numeric"
          defaultValue={text("length") || "32"}
          error={at("length")}
        />
      )}
      {isPassword && (
        <div className="md:self-end md:pb-1.5">
          <CheckField
            name={named("withoutLookAlikes")}
            value="true"
            defaultChecked={text("withoutLookAlikes") !== ""}
            label={
              <>
                Without look-alikes, such as <code>0 O 1 l I</code>
              </>
            }
          />
        </div>
      )}
      <Strength generator={generatorOf(fields, suffix)} />
    </div>
  );
}

/** The same in a few words, where the fields are folded. */
export function madeText(fields: Fields, suffix = ""): string {
  const parsed = generatorSchema.safeParse(generatorOf(fields, suffix));
  return parsed.success ? generatorText(parsed.data) : "";
}

/** What people cannot see in a number of characters: how hard the value is to guess. */
function Strength({ generator }: { generator: object | null }) {
  const parsed = generatorSchema.safeParse(generator);
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
