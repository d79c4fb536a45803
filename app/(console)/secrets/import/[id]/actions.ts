"use server";

import { revalidatePath } from "next/cache";
import { formAction } from "#lib/auth/form-action.ts";
import { requirePermit } from "#lib/auth/require.ts";
import type { FormState } from "#lib/auth/schema.ts";
import { retryImport } from "#lib/imports/retry.ts";
import { importIdInput, retryInput } from "#lib/imports/schema.ts";
import { stopImport } from "#lib/imports/stop.ts";

export async function retry(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(retryInput, form, async (input) => {
    await retryImport(await requirePermit("secret.import", {}), input);
    revalidatePath(`/secrets/import/${input.importId}`);
  });
}

export async function stop(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(importIdInput, form, async ({ importId }) => {
    await stopImport(await requirePermit("secret.import", {}), importId);
    revalidatePath(`/secrets/import/${importId}`);
  });
}
