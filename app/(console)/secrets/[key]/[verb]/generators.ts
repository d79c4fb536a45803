import type { Generator } from "#lib/operations/schema.ts";

const made: [Generator, string][] = [
  [{ type: "password", alphabet: "letters-digits", length: 32 }, "Password, 32 letters and digits"],
  [{ type: "password", alphabet: "letters-digits", length: 64 }, "Password, 64 letters and digits"],
  [{ type: "password", alphabet: "letters-digits-symbols", length: 32 }, "Password, 32 with symbols"],
  [{ type: "password", alphabet: "digits", length: 12 }, "12 digits"],
  [{ type: "hex", bytes: 32 }, "32 bytes as hex"],
  [{ type: "base64url", bytes: 32 }, "32 bytes as base64url"],
  [{ type: "uuid" }, "UUID"],
];

/** How values are made, as a form offers it; the first is for values that only a person can know. */
export const generatorChoices: { value: string; label: string }[] = [
  { value: "", label: "A person enters it" },
  ...made.map(([generator, label]) => ({ value: JSON.stringify(generator), label })),
];
