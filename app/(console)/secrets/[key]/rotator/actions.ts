"use server";

import { revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import { formAction } from "#lib/auth/form-action.ts";
import { requirePermit } from "#lib/auth/require.ts";
import type { FormState } from "#lib/auth/schema.ts";
import { attachInput, exampleInput } from "#lib/rotators/schema.ts";
import { attachSecret, detachSecret, writingExample } from "#lib/secrets/attach.ts";
import { secretInput } from "#lib/secrets/schema.ts";

export async function attach(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(attachInput, form, async ({ secretId, ...input }) => {
    await attachSecret(await requirePermit("secret.attach", { secretId }), input);
    revalidatePath(`/secrets/${secretId}`);
    redirect(`/secrets/${secretId}`);
  });
}

export async function detach(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(secretInput, form, async ({ secretId }) => {
    await detachSecret(await requirePermit("secret.detach", { secretId }));
    revalidatePath(`/secrets/${secretId}`);
  });
}

/** What a template makes of made-up values, while a person writes it. */
export async function example(_previous: FormState<string>, form: FormData): Promise<FormState<string>> {
  return formAction(exampleInput, form, async ({ secretId, template }) =>
    writingExample(await requirePermit("secret.attach", { secretId }), template),
  );
}
