import { z } from "zod";
import { emptyOr, identifier, listOf, ticked } from "#lib/grants/schema.ts";
import { generatorField, valueSources, yesOrNo } from "#lib/secrets/schema.ts";
import { keepDuration, soakDuration } from "#lib/settings/durations.ts";
import { type Order, orders } from "#lib/settings/schema.ts";

/** What every move of services to another version may be told; what is left empty comes from the secret's settings. */
const moveFields = z.object({
  order: emptyOr(z.enum(orders)),
  canaryServiceId: emptyOr(identifier),
  soakSeconds: emptyOr(soakDuration),
  /** Services that run to their end and are moved all the same. */
  include: listOf(identifier),
  /** Services that stay where they are. */
  leaveOut: listOf(identifier),
  /** No bound on how many services move at once. */
  isUnbounded: ticked,
});
export type MoveInput = z.infer<typeof moveFields>;

/** What is asked for each secret that gets a new value. */
const newValue = z.object({
  secretId: identifier,
  source: z.enum(valueSources, "Choose where the new value comes from.").default("generated"),
  /** Left empty: the secret's own. */
  generator: generatorField,
  oldStaysValid: yesOrNo,
});
export type NewValueInput = z.infer<typeof newValue> & {
  /** Of a value that is read at its source: which version there. Nobody's to choose: without it, the one that was seen last. */
  sourceVersionId?: string;
};

const keepSeconds = emptyOr(keepDuration);

/** All typed values travel in one request, which has to end while a person waits for it. */
export const mostSecrets = 50;

export const groupInput = moveFields.extend({
  secrets: listOf(newValue)
    .refine((all) => all.length > 0, "Choose the secrets that get a new value.")
    .refine(
      (all) => all.length <= mostSecrets,
      `Rotate at most ${mostSecrets} secrets at once: make two groups of them.`,
    )
    .refine(isEachOnce, "A secret is in this group twice. Choose it once."),
  /** Secrets whose typed value is the one that they have now, and the person knows. */
  isSameWanted: listOf(identifier),
  keepSeconds,
});
export type GroupInput = Omit<z.infer<typeof groupInput>, "secrets"> & { secrets: NewValueInput[] };

/** A group of one, its fields not in a list. */
export const rotateInput = moveFields.extend({ ...newValue.shape, isSameWanted: ticked, keepSeconds });
export type RotateInput = z.infer<typeof rotateInput>;

export const rollBackInput = moveFields.extend({
  secretId: identifier,
  oldStaysValid: yesOrNo,
  versionId: identifier,
});
export type RollBackInput = z.infer<typeof rollBackInput>;

export const moveRestInput = moveFields.extend({ secretId: identifier, oldStaysValid: yesOrNo });
export type MoveRestInput = z.infer<typeof moveRestInput>;

const sayWhatHappened = "Say in a few words what happened; the history keeps it.";

export const emergencyInput = rotateInput.extend({
  /** No stack file names the leaked version any more, or none is deployed again. */
  isStackConfirmed: ticked,
  reason: z.string(sayWhatHappened).trim().min(3, sayWhatHappened).max(300, "A reason has at most 300 characters."),
});
export type EmergencyInput = z.infer<typeof emergencyInput>;

/** In which order services move that hold secrets with different settings. */
export function mostCareful(asked: readonly Order[]): Order {
  return carefulFirst.find((order) => asked.includes(order)) ?? "canary";
}

const carefulFirst: readonly Order[] = ["one-by-one", "canary", "together"];

function isEachOnce(all: readonly NewValueInput[]): boolean {
  return new Set(all.map(({ secretId }) => secretId)).size === all.length;
}

/** Whether the secret's own generator makes it: how is a person's to say. */
export function isMade(source: string): boolean {
  return source === "generated" || source === "shown";
}

/** R7: whether a person is asked about the old value. One that comes from elsewhere may be the only one that works there. */
export function isAsked(source: string): boolean {
  return source === "typed" || source === "source";
}
