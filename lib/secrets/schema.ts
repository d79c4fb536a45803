import { z } from "zod";
import type { Generator } from "#lib/generate/schema.ts";
import { alphabetOf, alphabets } from "#lib/generate/schema.ts";
import { emptyOr, grantWish, identifier, listOf, ticked } from "#lib/grants/schema.ts";
import type { VersionState } from "#lib/operations/schema.ts";
import { keepDuration, soakDuration, wholeNumber } from "#lib/settings/durations.ts";
import { bindingModes, orders } from "#lib/settings/schema.ts";
import { takeInput } from "#lib/sources/schema.ts";

/** Docker allows 64; six are kept for `_v<n>`. */
export const maximumNameLength = 58;
const namePattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-_.]*[a-zA-Z0-9])?$/;

/** Swarm's limit for a value, for the form to refuse before it sends. */
export const largestValueBytes = 511_999;

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
  /** None of the tasks of a service that holds it runs. */
  | "service-down"
  /** A service that holds it runs too few tasks, or its last update failed and stands still. */
  | "service-unwell"
  | "unused"
  | "unmanaged"
  | "missing"
  | "retiring"
  /** The Swarm has not answered yet. */
  | "unknown";

/** What the list counts and finds as needing attention, as the overview does: unused is merely worth knowing. */
export function needsAttention({ condition }: { condition: SecretCondition }): boolean {
  return pressing.has(condition);
}

const pressing: ReadonlySet<SecretCondition> = new Set([
  "needs-attention",
  "drifted",
  "missing",
  "service-down",
  "service-unwell",
]);

const password = z
  .object({
    type: z.literal("password"),
    alphabet: z.enum(alphabets, "Choose the characters."),
    characters: z
      .string()
      .regex(/^[\x21-\x7e]*$/, "Use printable characters without blanks, such as A-Z, 0-9 and symbols.")
      .transform((text) => [...new Set(text)].join(""))
      .optional(),
    withoutLookAlikes: ticked.transform((isTicked) => isTicked || undefined).optional(),
    length: wholeNumber("A password has", [1, largestValueBytes], "characters"),
  })
  .refine((chosen) => alphabetOf(chosen).length >= 2, {
    path: ["characters"],
    message: "Give at least two different characters that are no look-alikes.",
  })
  .transform(({ characters, ...chosen }) => (chosen.alphabet === "own" ? { ...chosen, characters } : chosen));

/** How values are made, up to what a Swarm secret holds once they are written out. */
export const generator = z.discriminatedUnion("type", [
  password,
  z.object({ type: z.literal("hex"), bytes: wholeNumber("Choose", [1, Math.floor(largestValueBytes / 2)], "bytes") }),
  z.object({
    type: z.literal("base64url"),
    bytes: wholeNumber("Choose", [1, Math.floor(largestValueBytes * 0.75)], "bytes"),
  }),
  z.object({ type: z.literal("uuid") }),
]);

/** The generator that a form proposes. */
export const usualGenerator: Generator = { type: "password", alphabet: "letters-digits", length: 32 };

/** As JSON in one field of a form; empty means that a person enters the value. */
export const generatorField = z.preprocess(
  fromJson,
  generator.nullish().transform((chosen) => chosen ?? null),
);

/** A question without a default: yes, no, or not answered yet. */
export const yesOrNo = z.preprocess(answerIn, z.boolean().nullable());

const owner = z.string().trim().max(100, "An owner has at most 100 characters.").default("");
const description = z.string().trim().max(1000, "A description has at most 1,000 characters.").default("");
const tag = z.string().trim().min(1).max(40, "A tag has at most 40 characters.");
const tags = z.preprocess(
  (raw) => (typeof raw === "string" ? raw.split(/[,\s]+/).filter((text) => text !== "") : (raw ?? [])),
  z
    .array(tag)
    .max(20, "A secret has at most 20 tags.")
    .transform((all) => [...new Set(all)]),
);

const order = z.enum(orders, "Choose an order.");
const soakSeconds = emptyOr(soakDuration).transform((seconds) => seconds ?? null);

/** What a person may set for a secret. Seconds of soak left empty mean the default by the health check. */
export const settingsFields = z.object({
  owner,
  description,
  tags,
  generator: generatorField,
  order,
  soakSeconds,
  keepSeconds: keepDuration,
  /** Whether a failure may put services back to the old value. */
  oldStaysValid: yesOrNo,
});

/** Where a value comes from: a `typed` one travels as a file part beside this, `generated` and `shown` ones are made in Skep. */
export const madeHere = ["typed", "generated", "shown"] as const;

/** Beside these, a secret that is bound gets its values from its source, and one that is attached from its rotator. */
export const valueSources = [...madeHere, "source", "rotator"] as const;

/** Where several secrets get their values in one form, each has a field of its own; its sentence stands beside it. */
export function valueField(secretId: string): string {
  return `value:${secretId}`;
}

const takeFields = z
  .object({
    take: z.enum(["whole", "field", "template"]),
    field: z.string().optional(),
    template: z.string().optional(),
  })
  .pipe(takeInput);

/** Where a secret's values are to come from. The answer about the old value is kept with the secret, as for a typed one. */
export const bindInput = z
  .object({
    secretId: identifier,
    sourceId: identifier,
    path: z.string().trim().min(1, "Write the path at the source.").max(1024, "A path has at most 1,024 characters."),
    take: z.string(),
    field: z.string().optional(),
    template: z.string().optional(),
    mode: z.enum(bindingModes, "Choose whether new versions rotate by themselves."),
    oldStaysValid: yesOrNo,
  })
  .transform(({ take, field, template, ...rest }, context) => {
    const taken = takeFields.safeParse({ take, field, template });
    for (const { path, message } of taken.error?.issues ?? []) {
      context.addIssue({ code: "custom", path: path.length > 0 ? [...path] : ["take"], message });
    }
    if (rest.oldStaysValid === null) {
      const message = "Say whether the old value goes on working while services move to a new one.";
      context.addIssue({ code: "custom", path: ["oldStaysValid"], message });
    }
    if (!taken.success || rest.oldStaysValid === null) return z.NEVER;
    return { ...rest, oldStaysValid: rest.oldStaysValid, take: taken.data };
  });
export type BindInput = Omit<z.output<typeof bindInput>, "secretId">;

/** What the Swarm says of a value; nobody asked it where this hour's asks are used up. */
export type Compared = "equal" | "different" | "unknown" | "asked-too-often";

export const secretInput = z.object({ secretId: identifier });

/** What is not sent begins as the defaults of the settings say. */
export const createInput = settingsFields.extend({
  order: emptyOr(order),
  soakSeconds: soakSeconds.optional(),
  keepSeconds: emptyOr(keepDuration),
  name: secretName,
  source: z.enum(madeHere, "Choose where the value comes from."),
  grants: listOf(grantWish),
});
export type CreateInput = z.infer<typeof createInput>;

export const editInput = settingsFields.extend({ secretId: identifier });
export type EditInput = z.infer<typeof editInput>;

export const adoptInput = z.object({
  name: secretName,
  owner,
  description,
  tags,
  /** The objects to adopt as versions of one secret, with the numbers that they get. */
  versions: listOf(
    z.object({ objectId: identifier, number: wholeNumber("A version's number is", [0, 999_999_999]) }),
  ).refine((versions) => versions.length > 0, "Choose at least one version to adopt."),
});
export type AdoptInput = z.infer<typeof adoptInput>;

/** Without a version: the whole secret. */
export const retireInput = z.object({
  secretId: identifier,
  versionId: emptyOr(identifier),
  keepSeconds: wholeNumber("Keep it for", [0, 365 * 86_400], "seconds").default(0),
  /** The person has changed the stack's line, or never deploys that stack again. */
  isStackConfirmed: ticked,
});
export type RetireInput = z.infer<typeof retireInput>;

export const keepInput = z.object({ secretId: identifier });
export type KeepInput = z.infer<typeof keepInput>;

export const takeOverInput = z.object({ secretId: identifier, serviceIds: listOf(identifier) });
export type TakeOverInput = z.infer<typeof takeOverInput>;

function answerIn(raw: unknown): unknown {
  if (raw === "yes" || raw === "true") return true;
  if (raw === "no" || raw === "false") return false;
  return raw === "" || raw === undefined ? null : raw;
}

function fromJson(raw: unknown): unknown {
  if (typeof raw !== "string") return raw;
  if (raw === "") return null;
  try {
    return JSON.parse(raw);
  } catch {
    return raw;
  }
}
