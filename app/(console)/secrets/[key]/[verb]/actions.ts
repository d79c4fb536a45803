"use server";

import type { MadeValues } from "#components/plan/shown-once.tsx";
import { formAction } from "#lib/auth/form-action.ts";
import { requirePermit } from "#lib/auth/require.ts";
import type { FormState } from "#lib/auth/schema.ts";
import { grantSecret, isGrantAcrossStacks } from "#lib/grants/grant.ts";
import { putBackSecret } from "#lib/grants/put-back.ts";
import { revokeSecret } from "#lib/grants/revoke.ts";
import { confirmed, grantInput, putBackInput, revokeInput } from "#lib/grants/schema.ts";
import { rotateInEmergency } from "#lib/rotation/emergency.ts";
import { moveRestOfSecret } from "#lib/rotation/move-rest.ts";
import { isRollBackToLeaked, rollBackSecret } from "#lib/rotation/roll-back.ts";
import { rotateSecret } from "#lib/rotation/rotate.ts";
import { emergencyInput, moveRestInput, rollBackInput, rotateInput } from "#lib/rotation/schema.ts";
import { adoptSecret } from "#lib/secrets/adopt.ts";
import { editSecret } from "#lib/secrets/edit.ts";
import { keepSecret } from "#lib/secrets/keep.ts";
import { retireSecret } from "#lib/secrets/retire.ts";
import { adoptInput, editInput, keepInput, retireInput, takeOverInput } from "#lib/secrets/schema.ts";
import { takeOverSecret } from "#lib/secrets/take-over.ts";
import { typedValue } from "#lib/secrets/typed-value.ts";
import { finish } from "../../plan/finish.ts";

type State = FormState<MadeValues | null>;

export async function rotate(_previous: State, form: FormData): Promise<State> {
  return formAction(rotateInput.extend(confirmed.shape), form, async (input) => {
    const permit = await requirePermit("secret.rotate", { secretIds: [input.secretId] });
    return finish(await rotateSecret(permit, input, await typedValue(form)));
  });
}

export async function emergency(_previous: State, form: FormData): Promise<State> {
  return formAction(emergencyInput.extend(confirmed.shape), form, async (input) => {
    const permit = await requirePermit("secret.rotate-emergency", { secretId: input.secretId });
    return finish(await rotateInEmergency(permit, input, await typedValue(form)));
  });
}

export async function rollBack(_previous: State, form: FormData): Promise<State> {
  return formAction(rollBackInput.extend(confirmed.shape), form, async (input) => {
    const { secretId } = input;
    const sound = await requirePermit("secret.roll-back", { secretId, isLeaked: false });
    const isLeaked = await isRollBackToLeaked(sound, input);
    const permit = isLeaked ? await requirePermit("secret.roll-back", { secretId, isLeaked }) : sound;
    return finish(await rollBackSecret(permit, input));
  });
}

export async function moveRest(_previous: State, form: FormData): Promise<State> {
  return formAction(moveRestInput.extend(confirmed.shape), form, async (input) => {
    const permit = await requirePermit("secret.move-rest", { secretId: input.secretId });
    return finish(await moveRestOfSecret(permit, input));
  });
}

export async function grant(_previous: State, form: FormData): Promise<State> {
  return formAction(grantInput.extend(confirmed.shape), form, async (input) => {
    const { secretId } = input;
    const within = await requirePermit("secret.grant", { secretId, isAcrossStacks: false });
    const isAcrossStacks = await isGrantAcrossStacks(within, input);
    const permit = isAcrossStacks ? await requirePermit("secret.grant", { secretId, isAcrossStacks }) : within;
    return finish(await grantSecret(permit, input));
  });
}

export async function revoke(_previous: State, form: FormData): Promise<State> {
  return formAction(revokeInput.extend(confirmed.shape), form, async (input) => {
    const permit = await requirePermit("secret.revoke", { secretId: input.secretId });
    return finish(await revokeSecret(permit, input));
  });
}

export async function putBack(_previous: State, form: FormData): Promise<State> {
  return formAction(putBackInput.extend(confirmed.shape), form, async (input) => {
    const permit = await requirePermit("secret.put-back", { secretId: input.secretId });
    return finish(await putBackSecret(permit, input));
  });
}

export async function takeOver(_previous: State, form: FormData): Promise<State> {
  return formAction(takeOverInput.extend(confirmed.shape), form, async (input) => {
    const permit = await requirePermit("secret.take-over", { secretId: input.secretId });
    return finish(await takeOverSecret(permit, input));
  });
}

export async function adopt(_previous: State, form: FormData): Promise<State> {
  return formAction(adoptInput.extend(confirmed.shape), form, async (input) => {
    const objectIds = input.versions.map(({ objectId }) => objectId);
    const permit = await requirePermit("secret.adopt", { objectIds });
    return finish(await adoptSecret(permit, input));
  });
}

export async function edit(_previous: State, form: FormData): Promise<State> {
  return formAction(editInput.extend(confirmed.shape), form, async (input) => {
    const permit = await requirePermit("secret.edit", { secretId: input.secretId });
    return finish(await editSecret(permit, input));
  });
}

export async function retire(_previous: State, form: FormData): Promise<State> {
  return formAction(retireInput.extend(confirmed.shape), form, async (input) => {
    const permit = await requirePermit("secret.retire", { secretId: input.secretId });
    return finish(await retireSecret(permit, input));
  });
}

export async function keep(_previous: State, form: FormData): Promise<State> {
  return formAction(keepInput.extend(confirmed.shape), form, async (input) => {
    const permit = await requirePermit("secret.keep", { secretId: input.secretId });
    return finish(await keepSecret(permit, input));
  });
}
