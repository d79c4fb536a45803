"use server";

import { revalidatePath } from "next/cache";
import { formAction } from "#lib/auth/form-action.ts";
import { changePassword as changeOwnPassword } from "#lib/auth/password-change.ts";
import { requireActor, requirePermit } from "#lib/auth/require.ts";
import { revokeSession as endSession } from "#lib/auth/revoke-session.ts";
import { changePasswordInput, type FormState, revokeSessionInput } from "#lib/auth/schema.ts";

export async function changePassword(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(changePasswordInput, form, async (input) => {
    const { personId } = await requireActor();
    await changeOwnPassword(await requirePermit("password.change", { personId }), input);
    revalidatePath("/settings/account");
  });
}

export async function revokeSession(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(revokeSessionInput, form, async (input) => {
    await endSession(await requirePermit("session.revoke", input));
    revalidatePath("/settings", "layout");
  });
}
