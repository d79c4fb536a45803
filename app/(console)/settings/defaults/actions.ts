"use server";

import { revalidatePath } from "next/cache";
import { formAction } from "#lib/auth/form-action.ts";
import { requirePermit } from "#lib/auth/require.ts";
import { type FormState, nothingInput } from "#lib/auth/schema.ts";
import { pauseAutomation, resumeAutomation } from "#lib/settings/automation.ts";
import { changeDefaults } from "#lib/settings/defaults.ts";
import { defaultsInput, pauseInput } from "#lib/settings/schema.ts";

export async function saveDefaults(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(defaultsInput, form, async (wanted) => {
    await changeDefaults(await requirePermit("setting.edit", {}), wanted);
    revalidatePath("/settings/defaults");
  });
}

export async function pause(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(pauseInput, form, async ({ reason }) => {
    await pauseAutomation(await requirePermit("automation.pause", {}), reason);
    revalidatePath("/", "layout");
  });
}

export async function resume(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(nothingInput, form, async () => {
    await resumeAutomation(await requirePermit("automation.pause", {}));
    revalidatePath("/", "layout");
  });
}
