import "server-only";
import { planGrant } from "#lib/grants/grant.ts";
import { planPutBack } from "#lib/grants/put-back.ts";
import { planRevoke } from "#lib/grants/revoke.ts";
import { grantInput, putBackInput, revokeInput } from "#lib/grants/schema.ts";
import type { SecretView } from "#lib/inventory/schema.ts";
import type { Plan, ShownPlan } from "#lib/operations/schema.ts";
import { isAllowed } from "#lib/policy/rules.ts";
import type { Actor } from "#lib/policy/schema.ts";
import { planEmergency } from "#lib/rotation/emergency.ts";
import { planMoveRest } from "#lib/rotation/move-rest.ts";
import { planRollBack } from "#lib/rotation/roll-back.ts";
import { planRotate } from "#lib/rotation/rotate.ts";
import { emergencyInput, moveRestInput, rollBackInput, rotateInput } from "#lib/rotation/schema.ts";
import { planAdopt } from "#lib/secrets/adopt.ts";
import { planEdit } from "#lib/secrets/edit.ts";
import { planKeep } from "#lib/secrets/keep.ts";
import { planRetire } from "#lib/secrets/retire.ts";
import { adoptInput, editInput, keepInput, retireInput, takeOverInput } from "#lib/secrets/schema.ts";
import { planTakeOver } from "#lib/secrets/take-over.ts";
import { counted } from "#lib/words.ts";
import type { Fields } from "../../plan/fields.ts";
import { type Parser, prepared } from "../../plan/prepared.ts";
import * as actions from "./actions.ts";
import { AdoptOptions, adoptFields } from "./adopt-options.tsx";
import { EditOptions, editFields } from "./edit-options.tsx";
import { GrantOptions } from "./grant-options.tsx";
import { MoveRestOptions } from "./move-rest-options.tsx";
import { emergencyFields, rotateFields } from "./new-value-fields.ts";
import { RetireOptions, StackLineOptions, stackLineFields } from "./retire-options.tsx";
import { RevokeOptions } from "./revoke-options.tsx";
import { EmergencyOptions, RotateOptions } from "./rotate-options.tsx";
import { TakeOverOptions } from "./take-over-options.tsx";
import type { Verb } from "./verb.ts";
import { VersionOptions } from "./version-options.tsx";

function planned<Input>(
  schema: Parser<Input>,
  plan: (actor: Actor, input: Input) => Promise<ShownPlan>,
): Verb["prepare"] {
  return (actor, fields) => prepared(schema, plan, { actor, fields });
}

const verbs = {
  rotate: {
    right: "secret.rotate",
    title: "Rotate",
    sentence: "A new version goes to the Swarm, every service moves to it, and Skep watches that they run.",
    submit: ({ changes }) => `Rotate${services(changes)}`,
    takesValue: true,
    defaults: rotateFields,
    Options: RotateOptions,
    prepare: planned(rotateInput, planRotate),
    action: actions.rotate,
  },
  emergency: {
    right: "secret.rotate-emergency",
    title: "Emergency rotation of",
    sentence: "For a value that has leaked: every older version goes at once. Change it at its source, too.",
    submit: ({ changes }) =>
      changes.some(({ leftOut }) => leftOut !== null)
        ? `Rotate${services(changes)} and leave the others`
        : `Rotate${services(changes)} and remove the old`,
    idle: "Rotate and remove the old",
    isDanger: true,
    takesValue: true,
    defaults: emergencyFields,
    Options: EmergencyOptions,
    prepare: planned(emergencyInput, planEmergency),
    action: actions.emergency,
  },
  "roll-back": {
    right: "secret.roll-back",
    title: "Roll back",
    sentence: "Services go back to a version that is still in the Swarm. The newer one stays until it is retired.",
    submit: ({ changes }) => `Roll back${services(changes)}`,
    needs: ["versionId"],
    takesValue: false,
    Options: VersionOptions,
    prepare: planned(rollBackInput, planRollBack),
    action: actions.rollBack,
  },
  "move-rest": {
    right: "secret.move-rest",
    title: "Move the rest of",
    sentence: "Services that still have an older version get the current one, as the others have it.",
    submit: ({ changes }) => `Move${services(changes)}`,
    idle: "Move the rest",
    takesValue: false,
    canInclude: true,
    Options: MoveRestOptions,
    prepare: planned(moveRestInput, planMoveRest),
    action: actions.moveRest,
  },
  grant: {
    right: "secret.grant",
    title: "Grant",
    sentence: "A service gets the current version as a file. Whoever controls the service can then read it.",
    submit: ({ changes }) => `Grant to ${changes[0]?.serviceName ?? "the service"}`,
    needs: ["serviceId"],
    takesValue: false,
    asksForServices: true,
    Options: GrantOptions,
    prepare: planned(grantInput, planGrant),
    action: actions.grant,
  },
  revoke: {
    right: "secret.revoke",
    title: "Revoke",
    sentence: "The service loses the file and restarts without it.",
    submit: ({ changes }) => `Revoke from ${changes[0]?.serviceName ?? "the service"}`,
    isDanger: true,
    needs: ["serviceId"],
    takesValue: false,
    Options: RevokeOptions,
    prepare: planned(revokeInput, planRevoke),
    action: actions.revoke,
  },
  "put-back": {
    right: "secret.put-back",
    title: "Put back",
    sentence: "Services that were changed outside Skep return to what is recorded.",
    submit: ({ changes }) => `Put back${services(changes)}`,
    takesValue: false,
    Options: null,
    prepare: planned(putBackInput, planPutBack),
    action: actions.putBack,
  },
  "take-over": {
    right: "secret.take-over",
    title: "Take over the drift of",
    sentence: "What the Swarm says becomes the record. No service is touched.",
    submit: () => "Take it over",
    takesValue: false,
    Options: TakeOverOptions,
    prepare: planned(takeOverInput, planTakeOver),
    action: actions.takeOver,
  },
  adopt: {
    right: "secret.adopt",
    title: "Adopt",
    sentence: "Skep keeps its versions and grants from now on. This writes nothing to the Swarm.",
    submit: () => "Adopt it",
    takesValue: false,
    defaults: adoptFields,
    Options: AdoptOptions,
    prepare: planned(adoptInput, planAdopt),
    action: actions.adopt,
  },
  edit: {
    right: "secret.edit",
    title: "Settings of",
    sentence: "For people and for the next rotation. No service is touched.",
    submit: () => "Save the settings",
    idle: "Save the settings",
    needs: ["asked"],
    takesValue: false,
    defaults: editFields,
    Options: EditOptions,
    prepare: planned(editInput, planEdit),
    action: actions.edit,
  },
  "stack-line": {
    right: "secret.retire",
    title: "Confirm the stack file for",
    sentence: "A stack that still names an old version keeps it in the Swarm. Change the line first, then say so here.",
    idle: "Confirm",
    submit: ({ retire }) => `Confirm; ${retire[0]?.objectName ?? "the version"} may go`,
    isDanger: true,
    needs: ["versionId", "isStackConfirmed"],
    takesValue: false,
    defaults: stackLineFields,
    Options: StackLineOptions,
    prepare: planned(retireInput, planRetire),
    action: actions.retire,
  },
  keep: {
    right: "secret.keep",
    title: "Keep",
    sentence: "Its retirement is taken back. No service and no object is touched.",
    submit: () => "Keep it",
    takesValue: false,
    Options: null,
    prepare: planned(keepInput, planKeep),
    action: actions.keep,
  },
  retire: {
    right: "secret.retire",
    title: "Retire",
    sentence:
      "It is removed from the Swarm as soon as nothing can need it; until then it waits, and its page says for what.",
    submit: ({ retire }) =>
      retire.length === 1 ? `Retire ${retire[0]?.objectName}` : `Retire ${retire.length} versions`,
    isDanger: true,
    takesValue: false,
    Options: RetireOptions,
    prepare: planned(retireInput, planRetire),
    action: actions.retire,
  },
} satisfies Record<string, Verb>;

/** The actions on a secret, as their pages are called. */
export type VerbName = keyof typeof verbs;

/** By the last part of the address, which may be anything. */
export function findVerb(name: string): Verb | null {
  return Object.hasOwn(verbs, name) ? verbs[name as VerbName] : null;
}

/** Whether the actor's role lets her do this to the secret, whatever else may stand in the way. */
export function mayBegin(actor: Actor, { right }: Verb, { id }: SecretView): boolean {
  const secretId = id ?? "";
  return isAllowed(actor, right, {
    secretId,
    secretIds: [secretId],
    objectIds: [],
    isAcrossStacks: false,
    isLeaked: false,
  });
}

/** The address, with what it leaves open as the verb and the secret would answer. */
export function withDefaults({ defaults }: Verb, secret: SecretView, fields: Fields): Fields {
  const own: Fields = secret.id ? { ...fields, secretId: secret.id } : fields;
  return defaults ? defaults(secret, own) : own;
}

function services(changes: Plan["changes"]): string {
  const moved = changes.filter(({ leftOut }) => leftOut === null).length;
  return moved === 0 ? "" : ` ${counted(moved, "service")}`;
}
