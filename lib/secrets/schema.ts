import { z } from "zod";
import type { VersionState } from "#lib/operations/schema.ts";

/** Docker allows 64; six are kept for `_v<n>`. */
export const maximumNameLength = 58;
const namePattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-_.]*[a-zA-Z0-9])?$/;

/** Docker's own rule for a secret's name, with room for the version's suffix. */
export const secretName = z
  .string()
  .min(1, "Give the secret a name.")
  .max(maximumNameLength, `A name has at most ${maximumNameLength} characters, so that Skep can add the version.`)
  .regex(namePattern, "Use letters, digits, - _ and . only, beginning and ending with a letter or digit.");

export type { VersionState };

/** What is wrong with a secret, or that nothing is; the list shows the most pressing one. */
export type SecretCondition =
  | "healthy"
  | "rotating"
  | "needs-attention"
  | "drifted"
  | "unused"
  | "unmanaged"
  | "missing"
  | "retiring";
