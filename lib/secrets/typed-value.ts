import "server-only";
import { AppError } from "#lib/errors.ts";
import { maximumValueBytes, SecretValue } from "#lib/value.ts";

/**
 * The value that came as a file part of a form, byte for byte; null where none was given. A text field is refused:
 * browsers turn its line ends into CRLF, which breaks keys, and texts are what forms give back.
 */
export async function typedValue(entry: FormDataEntryValue | null): Promise<SecretValue | null> {
  if (entry === null || entry === "") return null;
  if (typeof entry === "string")
    throw refused("The value did not arrive as a file. Load the page again, and enter it once more.");
  if (entry.size === 0) return null;
  // Before it is read: what is too large is not taken into memory a second time.
  if (entry.size > maximumValueBytes)
    throw refused("The value is over 511,999 bytes, the most that a Swarm secret holds.");
  const bytes = new Uint8Array(await entry.arrayBuffer());
  try {
    return new SecretValue(bytes);
  } finally {
    bytes.fill(0);
  }
}

function refused(sentence: string): AppError {
  return new AppError("invalid-input", sentence, { field: "value" });
}
