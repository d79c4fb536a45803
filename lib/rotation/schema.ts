import { z } from "zod";
import { emptyOr, identifier, listOf, ticked } from "#lib/grants/schema.ts";
import { generatorField, valueSources, yesOrNo } from "#lib/secrets/schema.ts";
import { keepDuration, soakDuration } from "#lib/settings/durations.ts";
import { orders } from "#lib/settings/schema.ts";

/** What every move of services to another version may be told; what is left empty comes from the secret's settings. */
const moveFields = z.object({
  secretId: identifier,
  order: emptyOr(z.enum(orders)),
  canaryServiceId: emptyOr(identifier),
  soakSeconds: emptyOr(soakDuration),
  /** Services that run to their end and are moved all the same. */
  include: listOf(identifier),
  /** Services that stay where they are. */
  leaveOut: listOf(identifier),
  /** No bound on how many services move at once. */
  isUnbounded: ticked,
  oldStaysValid: yesOrNo,
});

export const rotateInput = moveFields.extend({
  source: z.enum(valueSources, "Choose where the new value comes from.").default("generated"),
  /** Left empty: the secret's own. */
  generator: generatorField,
  /** The person knows that the typed value is the one that the secret has now. */
  isSameWanted: ticked,
  keepSeconds: emptyOr(keepDuration),
});
export type RotateInput = z.infer<typeof rotateInput>;

export const rollBackInput = moveFields.extend({ versionId: identifier });
export type RollBackInput = z.infer<typeof rollBackInput>;

export const emergencyInput = rotateInput.extend({
  /** No stack file names the leaked version any more, or none is deployed again. */
  isStackConfirmed: ticked,
  reason: z
    .string()
    .trim()
    .min(3, "Say in a few words what happened; the history keeps it.")
    .max(300, "A reason has at most 300 characters."),
});
export type EmergencyInput = z.infer<typeof emergencyInput>;
