"use server";

import { revalidatePath } from "next/cache";
import { formAction } from "#lib/auth/form-action.ts";
import { requirePermit } from "#lib/auth/require.ts";
import type { FormState } from "#lib/auth/schema.ts";
import { recogniseSwarm } from "#lib/settings/recognise.ts";
import { recogniseInput } from "#lib/settings/schema.ts";

export async function recognise(_previous: FormState, form: FormData): Promise<FormState> {
  return formAction(recogniseInput, form, async ({ clusterId }) => {
    await recogniseSwarm(await requirePermit("swarm.recognise", {}), clusterId);
    revalidatePath("/", "layout");
  });
}
