"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { formAction } from "#lib/auth/form-action.ts";
import { requirePermit } from "#lib/auth/require.ts";
import type { FormState } from "#lib/auth/schema.ts";
import { ticked } from "#lib/grants/schema.ts";
import { type RotatorCheck, rotatorIdInput } from "#lib/rotators/schema.ts";
import { generator } from "#lib/secrets/schema.ts";
import { rotatorInput } from "#lib/settings/rotator-input.ts";
import { addRotator, changeRotator, checkRotator, removeRotator } from "#lib/settings/rotators.ts";
import { type Fields, generatorOf } from "../../secrets/plan/fields.ts";

/** How its passwords are made is asked in parts, as wherever a generator is chosen. */
const withGenerator = z.preprocess((fields) => ({ generator: generatorOf(fields as Fields) }), z.object({ generator }));
const rotatorForm = z.intersection(rotatorInput, withGenerator);
const sameServer = z.object({ isSameServer: ticked });
const changedForm = z.intersection(z.intersection(rotatorIdInput, sameServer), rotatorForm);

export async function add(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(rotatorForm, form, async (input) => {
    await addRotator(await requirePermit("rotator.edit", {}), input);
    revalidatePath("/settings/rotators");
  });
}

export async function change(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(changedForm, form, async ({ rotatorId, ...input }) => {
    await changeRotator(await requirePermit("rotator.edit", {}), rotatorId, input);
    revalidatePath("/settings/rotators");
  });
}

export async function check(_previous: FormState<RotatorCheck>, form: FormData): Promise<FormState<RotatorCheck>> {
  return formAction(rotatorIdInput, form, async ({ rotatorId }) =>
    checkRotator(await requirePermit("rotator.edit", {}), rotatorId),
  );
}

export async function remove(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(rotatorIdInput, form, async ({ rotatorId }) => {
    await removeRotator(await requirePermit("rotator.edit", {}), rotatorId);
    revalidatePath("/settings/rotators");
  });
}
