import "server-only";
import { AppError } from "#lib/errors.ts";
import { maximumValueBytes, SecretValue } from "#lib/value.ts";
import { valueField } from "./schema.ts";

/**
 * The value that came as a file part of a form, byte for byte; null where none was given. A text field is refused:
 * browsers turn its line ends into CRLF, which breaks keys, and texts are what forms give back.
 */
export async function typedValue(form: FormData, field = "value"): Promise<SecretValue | null> {
  const entry = form.get(field);
  if (entry === null || entry === "") return null;
  if (typeof entry === "string")
    throw refused("The value did not arrive as a file. Load the page again, and enter it once more.", field);
  if (entry.size === 0) return null;
  // Before it is read: what is too large is not taken into memory a second time.
  if (entry.size > maximumValueBytes)
    throw refused("The value is over 511,999 bytes, the most that a Swarm secret holds.", field);
  const bytes = new Uint8Array(await entry.arrayBuffer());
  try {
    return new SecretValue(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** Those of several secrets, each in a field of its own. One that cannot be read overwrites those before it. */
export async function typedValues(form: FormData, secretIds: readonly string[]): Promise<Map<string, SecretValue>> {
  const values = new Map<string, SecretValue>();
  try {
    for (const secretId of secretIds) {
      const value = await typedValue(form, valueField(secretId));
      if (value) values.set(secretId, value);
    }
    return values;
  } catch (error) {
    for (const value of values.values()) value.forget();
    throw error;
  }
}

function refused(sentence: string, field: string): AppError {
  return new AppError("invalid-input", sentence, { field });
}
