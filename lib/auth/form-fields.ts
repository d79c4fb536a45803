import "server-only";
import type { FormState } from "./schema.ts";

type Entered = Pick<FormState, "fields" | "lists">;

/** What a schema parses: one text or file per name, a list where it comes several times. `name[]` is a list of one too. */
export function formInput(form: FormData): Record<string, FormDataEntryValue | FormDataEntryValue[]> {
  const input: Record<string, FormDataEntryValue | FormDataEntryValue[]> = {};
  for (const name of namesIn(form)) {
    const entries = form.getAll(name);
    const [only] = entries;
    if (name.endsWith("[]")) input[name.slice(0, -2)] = entries.filter((entry) => entry !== "");
    else if (only !== undefined) input[name] = entries.length > 1 ? entries : only;
  }
  return input;
}

/** Texts that Postgres cannot keep, and that no keyboard writes: refused here, whatever the form. */
export function unkeepable(form: FormData): Record<string, string> {
  const fieldErrors: Record<string, string> = {};
  for (const name of namesIn(form)) {
    if (!form.getAll(name).some((entry) => typeof entry === "string" && entry.includes("\0"))) continue;
    fieldErrors[name.replace(/\[\]$/, "")] = "This holds a NUL character, which cannot be kept. Type it anew.";
  }
  return fieldErrors;
}

/** What goes back to the browser so that nothing typed is lost: texts, but no file, no password, and nothing that calls itself a value. */
export function givenBack(form: FormData): Entered {
  const fields: Record<string, string> = {};
  const lists: Record<string, string[]> = {};
  for (const name of namesIn(form)) {
    if (/password|value|secret-text|token/i.test(name)) continue;
    const texts = form.getAll(name).filter((entry) => typeof entry === "string");
    const [only] = texts;
    if (name.endsWith("[]")) lists[name.slice(0, -2)] = texts;
    else if (texts.length > 1) lists[name] = texts;
    else if (only !== undefined) fields[name] = only;
  }
  return { fields, lists };
}

/** React's own fields begin with $ACTION. */
function namesIn(form: FormData): string[] {
  return [...new Set(form.keys())].filter((name) => !name.startsWith("$") && name !== "__proto__");
}
