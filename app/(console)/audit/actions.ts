"use server";

import { revalidatePath } from "next/cache";
import { verifyHistory } from "#lib/audit/verify.ts";
import { formAction } from "#lib/auth/form-action.ts";
import { requirePermit } from "#lib/auth/require.ts";
import { type FormState, nothingInput } from "#lib/auth/schema.ts";

export async function verify(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(nothingInput, form, async () => {
    await verifyHistory(await requirePermit("audit.verify", {}));
    revalidatePath("/audit");
  });
}
