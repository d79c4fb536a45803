import { z } from "zod";
import { pathOfTarget } from "#lib/swarm/schema.ts";

/** A mode as people write it, `0400` or `400`, as the number that Docker wants. */
export const octalMode = z
  .string()
  .trim()
  .regex(/^0?[0-7]{3}$/, "Write the mode in octal, such as 0400 or 0444.")
  .transform((text) => Number.parseInt(text, 8));

/** A file name below /run/secrets. `foo` and `/run/secrets/foo` are the same file. */
export const targetName = z
  .string()
  .trim()
  .transform((target) => (target.startsWith("/") ? pathOfTarget(target) : target).replace(/^\/run\/secrets\//, ""))
  .pipe(
    z
      .string()
      .min(1, "Name the file that the service will read.")
      .max(255, "A file name has at most 255 characters.")
      .refine((target) => !target.includes("/"), "Give a file name without slashes; it will be below /run/secrets.")
      .refine((target) => target !== "." && target !== "..", "This is a folder, not a file name. Choose another one.")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in a file name
      .refine((target) => !/[\u0000-\u001f\u007f]/.test(target), "Use printable characters only."),
  );

/** A user or group of the container, by number: the engine does not look names up. */
export const numericId = z
  .string()
  .trim()
  .regex(/^\d{1,10}$/, "Give a number, such as 1000: Docker does not look up names here.");

export const fingerprint = z.string().min(1, "Look at the plan first.");
export const identifier = z.string().min(1).max(64);

/** Forms send what was left empty as an empty text: then the default counts. */
export function emptyOr<T extends z.ZodType>(schema: T) {
  return z.preprocess((raw) => (raw === "" || raw === null ? undefined : raw), schema.optional());
}

/** A tick box: absent, or any of the texts that browsers send for a ticked one. */
export const ticked = z.preprocess((raw) => raw === true || raw === "on" || raw === "true" || raw === "1", z.boolean());

/** One or several fields of a name, or their JSON in one. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.preprocess(asList, z.array(item));
}

/** One service that is to get a secret. What is left empty gets its default by the service. */
export const grantWish = z.object({
  serviceId: identifier,
  target: emptyOr(targetName),
  uid: emptyOr(numericId),
  gid: emptyOr(numericId),
  mode: emptyOr(octalMode),
});
export type GrantWish = z.infer<typeof grantWish>;

export const grantInput = grantWish.extend({ secretId: identifier });
export type GrantInput = z.infer<typeof grantInput>;

export const revokeInput = z.object({ secretId: identifier, serviceId: identifier, target: z.string().min(1) });
export type RevokeInput = z.infer<typeof revokeInput>;

/** Without services: all that have drifted. */
export const putBackInput = z.object({ secretId: identifier, serviceIds: listOf(identifier) });
export type PutBackInput = z.infer<typeof putBackInput>;

/** What a form adds to an input when the person says go. */
export const confirmed = z.object({ fingerprint });
export type Confirmed = z.infer<typeof confirmed>;

function asList(raw: unknown): unknown {
  if (raw === undefined || raw === null || raw === "") return [];
  const read = typeof raw === "string" ? fromJson(raw) : raw;
  return Array.isArray(read) ? read.map((item) => (typeof item === "string" ? fromJson(item) : item)) : [read];
}

/** JSON where it looks like some; else the text itself, for the schema to judge. */
function fromJson(text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
